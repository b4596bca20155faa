import { readFileSync } from 'node:fs';
import type { Client } from 'pg';
import { pipelines, type RollupPipeline } from '../../test/rollup/pipelines.ts';

/**
 * Milliseconds that a statement took: as its client saw it, or with `--clock cpu` the processor time of
 * its server process, which says the same on a busy machine as on a quiet one (Linux, server here).
 */
export async function timed(client: Client, sql: string): Promise<number> {
	const start = now(client);
	await client.query(sql);
	return now(client) - start;
}

const isCpuClock = process.argv[process.argv.indexOf('--clock') + 1] === 'cpu';

function now(client: Client): number {
	if (!isCpuClock) return performance.now();
	// The driver knows the process it talks to; its types don't say so.
	const { processID } = client as unknown as { processID: number };
	return Number(readFileSync(`/proc/${processID}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length / 2;
	return sorted.length % 2
		? (sorted[Math.floor(middle)] as number)
		: ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** A window over one month next to the bare grouped insert of the same rows, in turn, in ms. */
export async function monthWindow(
	client: Client,
	{ table, window, raw }: RollupPipeline,
	month: { readonly from: string; readonly to: string },
	rounds: number,
): Promise<{ buckets: number; bareMs: number; windowMs: number; againMs: number }> {
	const bare: number[] = [];
	const windowed: number[] = [];
	const again: number[] = [];
	const grouped = raw.replace(
		' group by',
		`${raw.includes(' where ') ? ' and' : ' where'} u.created_at >= '${month.from}' and u.created_at < '${month.to}' group by`,
	);
	await client.query(`create table bare (like ${table} including all)`);
	const call = `select ${window}('${month.from}', '${month.to}')`;
	for (let round = 0; round < rounds; round++) {
		await client.query(`truncate bare; truncate ${table}; checkpoint`);
		bare.push(await timed(client, `insert into bare ${grouped}`));
		windowed.push(await timed(client, call));
		again.push(await timed(client, call));
	}
	const { rows } = await client.query(
		`select (select count(*)::int from bare) as buckets,
		(select count(*)::int from ((table bare except table ${table}) union all (table ${table} except table bare)) d) as differences`.replaceAll(
			`table ${table}`,
			`select * from ${table}`,
		),
	);
	await client.query('drop table bare');
	return {
		buckets: rows[0].buckets,
		bareMs: median(bare),
		windowMs: median(windowed),
		againMs: median(again),
	};
}

/** One tick over ten minutes of usage that were just written, undone afterwards, in ms. */
export async function steadyTick(client: Client, { tick, state }: RollupPipeline): Promise<number> {
	await client.query('begin');
	// Written in time, so that no trigger put them into the queue.
	await client.query(`set local session_replication_role = replica;
		insert into task_usage (task_id, provider, model, input_tokens, created_at, updated_at)
		select id, 'codex', 'model-1', 7, at, at
		from (
			select id, now() - interval '15 minutes' + row_number() over () * interval '15 seconds' as at
			from (select id from agent_task_queue where completed_at > now() - interval '6 hours' limit 39) t
		) t;
		set local session_replication_role = origin;
		update ${state} set watermark_at = now() - interval '15 minutes'`);
	const ms = await timed(client, `select ${tick}()`);
	const { rows } = await client.query(`select last_run_rows from ${state}`);
	await client.query('rollback');
	if (Number(rows[0].last_run_rows) < 30)
		throw new Error(`The tick touched ${rows[0].last_run_rows} rows only.`);
	return ms;
}

/** Reads all that the triggers and what they watch may look at into the server's memory. */
async function warm(client: Client): Promise<void> {
	await client.query(`create extension if not exists pg_prewarm;
		select pg_prewarm(c.oid) from pg_class t
		left join pg_index i on i.indrelid = t.oid
		join pg_class c on c.oid in (t.oid, i.indexrelid)
		where t.oid in ('agent_task_queue'::regclass, 'task_usage'::regclass, 'issue'::regclass, 'agent'::regclass)`);
}

/**
 * A thousand tasks moved to another runtime and committed, with the triggers and without, in turn, in ms.
 * @param isWarm what is read is in the server's memory; else it has to come from the system's first
 */
export async function runtimeMove(
	client: Client,
	rounds: number,
	isWarm: boolean,
): Promise<{ bareMs: number; triggeredMs: number; drainMs: number }> {
	const bare: number[] = [];
	const triggered: number[] = [];
	const drained: number[] = [];
	for (let round = 0; round < rounds; round++) {
		for (const withTriggers of round % 2 ? [true, false] : [false, true]) {
			const ids = `create temp table moving as select id from agent_task_queue
				where runtime_id in (select id from agent_runtime order by random() limit 4) limit 1000; analyze moving`;
			if (isWarm) await warm(client);
			await client.query(ids);
			await client.query(
				`alter table agent_task_queue ${withTriggers ? 'enable' : 'disable'} trigger tidemark_task_moved`,
			);
			const ms = await timed(
				client,
				`update agent_task_queue set runtime_id = (select id from agent_runtime order by id limit 1 offset ${round})
				where id in (select id from moving)`,
			);
			(withTriggers ? triggered : bare).push(ms);
			if (withTriggers) {
				let total = 0;
				for (const { window } of pipelines)
					total += await timed(client, `select ${window}('infinity', 'infinity')`);
				drained.push(total);
			}
			await client.query('drop table moving');
		}
	}
	await client.query('alter table agent_task_queue enable trigger tidemark_task_moved');
	return { bareMs: median(bare), triggeredMs: median(triggered), drainMs: median(drained) };
}
