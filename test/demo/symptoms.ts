import type { Workload } from '../../source/demo/workload/workload.ts';
import { withClient } from '../health/diagnosis/clones.ts';

const seenWithin = (interval: string) =>
	`select count(*) from agent_runtime where last_seen_at > now() - interval '${interval}'`;

/** A scheduler's failed runs, newest first, before the first that is not one. */
const lastRuns = (job: string, count: number) =>
	`select * from sys_cron_executions where job_name = '${job}' order by plan_time desc limit ${count}`;

const lockHolder = (key: number) =>
	`pg_locks join pg_stat_activity using (pid) where locktype = 'advisory' and objid = ${key} and granted`;

const newestUsage = `(select max(coalesce(updated_at, created_at)) from task_usage)`;

const hourlyWatermark = '(select watermark_at from task_usage_hourly_rollup_state)';

/** A hash of the hourly buckets of a time range, as rolled up and as the raw rows make them. */
const hourlySums = (range: string) => `
	(select sum(input_tokens) from task_usage_hourly where ${range.replaceAll('AT', 'bucket_hour')})
	is distinct from
	(select sum(input_tokens) from task_usage where ${range.replaceAll('AT', "date_trunc('hour', created_at)")})`;

/** What the database itself shows of each fault: an expression that is true when it is there. */
export const symptoms: Readonly<Record<string, string>> = {
	'silent-runtime': `(select count(*) from agent_task_queue task join agent_runtime runtime on runtime.id = task.runtime_id
		where task.status = 'running' and last_seen_at < now() - interval '15 minutes') >= 40`,
	'all-runtimes-silent': `(${seenWithin('150 seconds')}) = 0
		and exists (select from agent_task_queue where status = 'queued' and created_at < now() - interval '5 minutes')`,
	'stuck-tasks': `(select count(*) from agent_task_queue task join agent_runtime runtime on runtime.id = task.runtime_id
		where task.status = 'running' and started_at < now() - interval '30 minutes' and last_seen_at > now() - interval '1 minute') >= 9`,
	'stuck-dispatch': `(select count(*) from agent_task_queue
		where status = 'dispatched' and started_at is null and dispatched_at < now() - interval '200 seconds') >= 12`,
	'not-draining': `(select count(*) from agent_task_queue where status = 'queued') > 150
		and (select min(created_at) from agent_task_queue where status = 'queued') < now() - interval '20 minutes'`,
	'retry-storm': `(select count(*) from agent_task_queue where status = 'failed' and failure_reason = 'rate_limited'
		and completed_at > now() - interval '15 minutes' and attempt > 0) > 30`,
	'expired-leases': `(select count(*) from runs where status = 'RUNNING' and lease_expires_at < now() - interval '3 minutes') = 7`,
	'no-workers': `(select max(last_heartbeat_at) from workers) < now() - interval '10 minutes'
		and (select count(*) from runs where status = 'QUEUED' and run_at <= now()) > 100
		and not exists (select from runs where status = 'RUNNING')`,
	'future-only': `not exists (select from runs where status = 'RUNNING' or (status = 'QUEUED' and run_at <= now()))
		and (select count(*) from runs where status = 'QUEUED') >= 40`,
	'standby-lag': `pg_is_in_recovery() and pg_is_wal_replay_paused()`,
	'sampler-denied': `not has_table_privilege('runs', 'select') and has_table_privilege('task_usage', 'select')`,
	'old-server': `current_setting('server_version_num')::int < 140000`,
	'clock-skew': `pg_catalog.now() - now() = interval '90 seconds'`,
	'dear-watching': `not current_setting('enable_indexscan')::boolean`,
	'connections-full': `(select count(*) from pg_stat_activity where backend_type = 'client backend')
		>= 0.85 * current_setting('max_connections')::int`,
	'old-transaction': `exists (select from pg_stat_activity where state = 'idle in transaction' and backend_xmin is not null)`,
	'nobody-ticks': `${hourlyWatermark} = 'epoch' and not exists (select from sys_cron_executions)
		and (select last_run_started_at is null from task_usage_hourly_rollup_state)
		and not exists (select from task_usage_hourly) and exists (select from task_usage)`,
	'lock-leaked': `exists (select from ${lockHolder(4246)} and state = 'idle')
		and ${newestUsage} - ${hourlyWatermark} > interval '3 hours'
		and (select bool_and(status = 'SUCCESS' and rows_affected = 0) from (${lastRuns('rollup_task_usage_hourly', 60)}) runs)`,
	'green-but-blocked': `exists (select from ${lockHolder(4244)} and state = 'active')
		and ${newestUsage} - (select watermark_at from task_usage_dashboard_rollup_state) > interval '1 day'
		and (select bool_and(status = 'SUCCESS' and rows_affected = 0) from (${lastRuns('rollup_task_usage_dashboard_daily', 60)}) runs)`,
	'blocked-delete': `exists (select from ${lockHolder(4246)})
		and exists (select from pg_locks where locktype = 'advisory' and objid = 4246 and not granted)`,
	'backfill-running': `exists (select from ${lockHolder(4246)} and state = 'active'
		and query like '%rollup_task_usage_hourly_window%')`,
	'failing-tick': `(select bool_and(status = 'FAILED') from (${lastRuns('rollup_task_usage_hourly', 20)}) runs)`,
	'catching-up': `${newestUsage} - ${hourlyWatermark} > interval '1 day'
		and exists (select from task_usage_hourly_rollup_state where last_run_finished_at > now() - interval '1 minute')`,
	'unfinished-backfill': `${newestUsage} - ${hourlyWatermark} > interval '11 days'
		and (select watermark_at from task_usage_rollup_state) > now() - interval '10 minutes'`,
	'triggers-disabled': `exists (select from pg_trigger where not tgisinternal and tgenabled = 'D')
		and ${hourlySums(`AT < now() - interval '2 hours'`)}`,
	'dirty-grows': `(select count(*) from task_usage_hourly_dirty) > 400
		and (select min(enqueued_at) from task_usage_hourly_dirty) < now() - interval '50 minutes'
		and not exists (select from ${lockHolder(4246)})`,
	'dirty-near-loss': `(select min(enqueued_at) from task_usage_hourly_dirty) < now() - interval '5 days'`,
	'watermark-future': `${hourlyWatermark} > now() + interval '1 hour'`,
	'wrong-numbers': `${newestUsage} - ${hourlyWatermark} < interval '10 minutes'
		and ${hourlySums(`AT < now() - interval '1 day'`)}`,
	overload: `(select count(*) from agent_task_queue where status = 'queued') > 600
		and (select min(created_at) from agent_task_queue where status = 'queued') < now() - interval '5 minutes'
		and (select max(dispatched_at) from agent_task_queue) > now() - interval '1 minute'`,
	'provider-down': `(select count(distinct runtime_id) from agent_task_queue
		where status = 'failed' and failure_reason = 'rate_limited' and completed_at > now() - interval '15 minutes') > 30`,
	'abandoned-tick': `exists (select from sys_cron_executions where status = 'RUNNING' and stale_after < now())`,
	'two-tickers': `to_regclass('cron.job') is not null`,
	'lock-queue': `exists (select from pg_locks where not granted and mode = 'AccessExclusiveLock'
		and relation = 'chat_message'::regclass)`,
	'missing-index': `to_regclass('agent_task_queue_finished') is null`,
	'invalid-index': `exists (select from pg_index where not indisvalid and indrelid = 'agent_task_queue'::regclass)`,
	'no-statistics': `(select reltuples from pg_class where oid = 'agent_task_queue'::regclass) = -1`,
	'usage-untimed': `exists (select from task_usage where updated_at is null and created_at > now() - interval '1 hour')`,
};

/**
 * Tried in made.faults.ts: one fills the server that all tests share, one takes three seconds to show, one needs
 * a server of its own, one many looks at it, and one a server of another version. All others are found at the
 * first look, in demo-faults.test.ts.
 */
export const diagnosedElsewhere: readonly string[] = [
	'connections-full',
	'lock-queue',
	'standby-lag',
	'dear-watching',
	'old-server',
];

/** Whether the symptom of a fault is there, or comes within some steps of a workload. */
export async function shows(
	fault: string,
	url: string,
	workload: () => Workload,
): Promise<boolean> {
	return withClient(url, async (client) => {
		for (let step = 0; step < 25; step++) {
			const { rows } = await client.query(
				`select (${symptoms[fault] ?? 'false'})::boolean as is_there`,
			);
			if (rows[0].is_there) return true;
			await workload().nextStep();
		}
		return false;
	});
}
