import type { Client } from 'pg';
import { pipelines } from '../pipelines.ts';
import { shape } from '../shape.ts';

const jobs = pipelines.map(({ tickFunction }) => `'${tickFunction}'`).join(', ');
const names = pipelines
	.map(({ name, tickFunction }) => `('${name}', '${tickFunction}')`)
	.join(', ');

/** One tick a minute of each pipeline, nearly all of them good. */
const insertExecutions = `
insert into sys_cron_executions (job_name, plan_time, status, started_at, finished_at, stale_after,
	heartbeat_at, rows_affected, error_code, error_msg, runner_id)
select job, at, case when failed then 'FAILED' else 'SUCCESS' end, at, at + interval '90 milliseconds',
	at + interval '10 minutes', at, case when not failed then floor(random() * 30) end,
	case when failed then '57014' end,
	case when failed then 'canceling statement due to statement timeout' end, 'demo-scheduler-1'
from generate_series(date_trunc('minute', $1::timestamptz) + interval '1 minute', $2::timestamptz - interval '10 seconds',
		interval '1 minute') at,
	unnest(array[${jobs}]) job,
	lateral (select random() < 0.002 and at < now() - interval '1 hour' as failed) drawn`;

/** What our own pipelines would have noted of the same ticks; a failed one leaves no row at once. */
const insertRuns = `
insert into tidemark_rollup_runs (pipeline, outcome, started_at, finished_at, window_from, window_to, rows_touched, pid)
select pipeline.name, case when rows_affected = 0 then 'idle' else 'ok' end, started_at, finished_at,
	started_at - interval '6 minutes', started_at - interval '5 minutes', rows_affected, 0
from sys_cron_executions join (values ${names}) as pipeline (name, job) on job = job_name
where status = 'SUCCESS' and plan_time > $1 and plan_time <= $2
order by started_at`;

/** Fills in the scheduler's audit table of the time between `from` and `to`, as far as it is kept. */
export async function insertSchedulerHistory(
	client: Client,
	range: { from: Date; to: Date },
): Promise<void> {
	const kept = new Date(range.to.getTime() - shape.schedulerKeptHours * 3_600_000);
	await client.query('delete from tidemark_rollup_runs where started_at < $1', [kept]);
	await client.query('delete from sys_cron_executions where plan_time < $1', [kept]);
	const between = [range.from > kept ? range.from : kept, range.to];
	await client.query(insertExecutions, between);
	await client.query(insertRuns, between);
}
