import type { Client } from 'pg';
import type { Pipeline } from '../pipelines.ts';

/** Takes a pipeline back to before its first run. */
export async function forgetPipeline(client: Client, each: Pipeline): Promise<void> {
	await client.query(`truncate ${each.table}, ${each.dirty}`);
	await client.query(
		`update ${each.state} set watermark_at = 'epoch', last_run_started_at = null,
			last_run_finished_at = null, last_run_rows = null, last_error = null`,
	);
	await client.query('delete from sys_cron_executions where job_name = $1', [each.tickFunction]);
	await client.query('delete from tidemark_rollup_runs where pipeline = $1', [each.name]);
}

/** Lets the watermark stand where it was `age` ago, and takes the buckets since then away. */
export async function holdWatermark(client: Client, each: Pipeline, age: string): Promise<void> {
	const bucket = each.name === 'hourly' ? 'bucket_hour' : 'bucket_date';
	await client.query(`update ${each.state} set watermark_at = now() - $1::interval`, [age]);
	await client.query(`delete from ${each.table} where ${bucket} > now() - $1::interval`, [age]);
}

/** The last run was `age` ago, and nothing ran since. */
export async function stopTicks(client: Client, each: Pipeline, age: string): Promise<void> {
	await client.query(
		`update ${each.state} set last_run_started_at = now() - $1::interval, last_run_finished_at = now() - $1::interval`,
		[age],
	);
	await client.query(
		'delete from sys_cron_executions where job_name = $1 and plan_time > now() - $2::interval',
		[each.tickFunction, age],
	);
	await client.query(
		'delete from tidemark_rollup_runs where pipeline = $1 and started_at > now() - $2::interval',
		[each.name, age],
	);
}

/**
 * For `age` all ticks succeeded and moved nothing, as they do while another holds the lock: a tick
 * that finds it taken touches neither the watermark nor the times of the last run.
 */
export async function emptyTicks(client: Client, each: Pipeline, age: string): Promise<void> {
	await client.query(
		`update ${each.state} set last_run_started_at = now() - $1::interval, last_run_finished_at = now() - $1::interval`,
		[age],
	);
	await client.query(
		`update sys_cron_executions set status = 'SUCCESS', rows_affected = 0, error_code = null, error_msg = null
		where job_name = $1 and plan_time > now() - $2::interval`,
		[each.tickFunction, age],
	);
	await client.query(
		`update tidemark_rollup_runs set outcome = 'busy', window_from = null, window_to = null, rows_touched = null
		where pipeline = $1 and started_at > now() - $2::interval`,
		[each.name, age],
	);
}

/** For `age` all ticks raised this error, and left no trace but in the scheduler's table. */
export async function failTicks(
	client: Client,
	each: Pipeline,
	age: string,
	error: { code: string; message: string },
): Promise<void> {
	await stopTicks(client, each, age);
	await client.query(
		`insert into sys_cron_executions (job_name, plan_time, status, started_at, finished_at, stale_after,
			heartbeat_at, error_code, error_msg, runner_id)
		select $1, at, 'FAILED', at, at + interval '40 milliseconds', at + interval '10 minutes', at, $3, $4, 'demo-scheduler-1'
		from generate_series(date_trunc('minute', now() - $2::interval), now() - interval '10 seconds', interval '1 minute') at`,
		[each.tickFunction, age, error.code, error.message],
	);
}

/** Enqueues `count` buckets of the pipeline as dirty, the oldest `age` ago. */
export async function enqueueDirty(
	client: Client,
	each: Pipeline,
	count: number,
	age: string,
): Promise<void> {
	const { rows } = await client.query(
		`select string_agg(quote_ident(attname), ', ' order by attnum) as keys from pg_attribute dirty
		where attrelid = $1::regclass and attnum > 0 and not attisdropped and attname <> 'enqueued_at'
			and exists (select from pg_attribute own where own.attrelid = $2::regclass and own.attname = dirty.attname)`,
		[each.dirty, each.table],
	);
	const { keys } = rows[0];
	await client.query(
		`insert into ${each.dirty} (${keys}, enqueued_at)
		select ${keys}, now() - random() * $2::interval from (select ${keys} from ${each.table} limit $1) buckets
		on conflict do nothing`,
		[count, age],
	);
}
