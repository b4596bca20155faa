-- title: The last runs of each pipeline, as the application's scheduler logs them
-- needs: sys_cron_executions(job_name, plan_time, status, started_at, finished_at, rows_affected, error_msg)
-- columns: pipeline text, place integer, outcome text, seconds number, took_seconds number, rows_touched integer, message text
-- why: One look-up a job, as an index on (job_name, plan_time) has it.
select
	job.pipeline,
	run.place,
	left(lower(run.status), 40) as outcome,
	extract(epoch from now() - coalesce(run.started_at, run.plan_time))::float8 as seconds,
	extract(epoch from run.finished_at - run.started_at)::float8 as took_seconds,
	run.rows_affected as rows_touched,
	left(run.error_msg, 300) as message
from (values
	('hourly', 'rollup_task_usage_hourly'),
	('daily', 'rollup_task_usage_daily'),
	('dashboard', 'rollup_task_usage_dashboard_daily')
) as job (pipeline, name)
cross join lateral (
	select *, row_number() over (order by plan_time desc) as place
	from (
		select plan_time, status, started_at, finished_at, rows_affected, error_msg
		from sys_cron_executions
		where job_name = job.name
		order by plan_time desc
		limit 30
	) as newest
) as run
order by pipeline, place
limit 100
