import type { Client } from 'pg';
import { type Pipeline, presentPipelines } from '../pipelines.ts';

/** A tick leaves out the last five minutes, since rows become visible after their timestamp. */
export const settleInterval = "interval '5 minutes'";

/**
 * Brings the rollups of every pipeline level with the raw usage since `from`, by the pipelines' own
 * window functions under their own locks, and stamps the watermarks as a tick would.
 */
export async function fillRollups(client: Client, from: Date): Promise<void> {
	for (const each of await presentPipelines(client)) await fillRollup(client, each, from);
}

async function fillRollup(client: Client, each: Pipeline, from: Date): Promise<void> {
	await client.query('select pg_advisory_xact_lock($1)', [each.lock]);
	const { rows } = await client.query(
		`select ${each.windowFunction}($1::timestamptz - interval '1 hour', now() - ${settleInterval}) as moved`,
		[from],
	);
	await client.query(
		`update ${each.state} set watermark_at = now() - ${settleInterval},
			last_run_started_at = now(), last_run_finished_at = now(), last_run_rows = $1, last_error = null
		where id = 1`,
		[rows[0].moved],
	);
}
