import type { Client } from 'pg';
import type { Pipeline } from '../pipelines.ts';

/** A tick leaves out the last five minutes, since rows become visible after their timestamp. */
export const settleInterval = "interval '5 minutes'";

/**
 * Brings one rollup level with the raw usage since `from`, by the pipeline's own window function
 * under its own lock, and stamps the watermark as a tick would.
 */
export async function fillRollup(client: Client, each: Pipeline, from: Date): Promise<void> {
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
