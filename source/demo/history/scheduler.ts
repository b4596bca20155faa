import type { Client } from 'pg';
import { pipelines } from '../pipelines.ts';
import { shape } from '../shape.ts';

const jobs = pipelines.map(({ tickFunction }) => `'${tickFunction}'`).join(', ');

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

/** Fills in the scheduler's audit table of the time between `from` and `to`, as far as it is kept. */
export async function insertSchedulerHistory(
	client: Client,
	range: { from: Date; to: Date },
): Promise<void> {
	const kept = new Date(range.to.getTime() - shape.schedulerKeptHours * 3_600_000);
	await client.query('delete from sys_cron_executions where plan_time < $1', [kept]);
	await client.query(insertExecutions, [range.from > kept ? range.from : kept, range.to]);
}
