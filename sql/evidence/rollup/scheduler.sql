-- title: What the application's scheduler ran
-- panel: rollups
-- needs: sys_cron_executions(job_name, plan_time, status, started_at, finished_at, stale_after, heartbeat_at, rows_affected, error_code, error_msg, runner_id)
-- columns: job text, place integer, planned_seconds number, status text, started_seconds number, finished_seconds number, is_stale boolean, heartbeat_seconds number, rows_affected integer, error_code text, error_message text, runner text
-- why: The last 20 runs of each tick, newest first. One look-up a job, as an index on (job_name, plan_time)
-- why: has it; without one the statement timeout ends it.
select
	job.name as job,
	run.place,
	extract(epoch from now() - run.plan_time)::float8 as planned_seconds,
	left(run.status, 40) as status,
	extract(epoch from now() - run.started_at)::float8 as started_seconds,
	extract(epoch from now() - run.finished_at)::float8 as finished_seconds,
	run.stale_after < now() as is_stale,
	extract(epoch from now() - run.heartbeat_at)::float8 as heartbeat_seconds,
	run.rows_affected,
	left(run.error_code, 40) as error_code,
	left(run.error_msg, 300) as error_message,
	left(run.runner_id, 100) as runner
from unnest(array[
	'rollup_task_usage_hourly', 'rollup_task_usage_daily', 'rollup_task_usage_dashboard_daily'
]) as job (name)
cross join lateral (
	select *, row_number() over (order by plan_time desc) as place
	from (
		select plan_time, status, started_at, finished_at, stale_after, heartbeat_at, rows_affected, error_code, error_msg, runner_id
		from sys_cron_executions
		where job_name = job.name
		order by plan_time desc
		limit 20
	) as newest
) as run
order by job, place
limit 60
