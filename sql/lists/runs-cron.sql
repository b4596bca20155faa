-- title: The last runs of each pipeline, as pg_cron logs them
-- needs: cron.job_run_details(runid, jobid, database, command, status, return_message, start_time, end_time)
-- columns: pipeline text, place integer, outcome text, seconds number, took_seconds number, rows_touched integer, message text
-- why: Nothing indexes the job: of the newest 3,000 runs of all jobs, the last 30 of each tick.
select
	pipeline,
	place,
	left(status, 40) as outcome,
	extract(epoch from now() - start_time)::float8 as seconds,
	extract(epoch from end_time - start_time)::float8 as took_seconds,
	null::bigint as rows_touched,
	case when status = 'failed' then left(return_message, 300) end as message
from (
	select
		*,
		row_number() over (partition by pipeline order by runid desc) as place
	from (
		select
			runid,
			status,
			return_message,
			start_time,
			end_time,
			case
				when command ~ '\mrollup_task_usage_hourly\M' then 'hourly'
				when command ~ '\mrollup_task_usage_dashboard_daily\M' then 'dashboard'
				when command ~ '\mrollup_task_usage_daily\M' then 'daily'
			end as pipeline
		from (
			select runid, database, command, status, return_message, start_time, end_time
			from cron.job_run_details
			order by runid desc
			limit 3000
		) as newest
		where database = current_database()
	) as ticks
	where pipeline is not null
) as run
where place <= 30
order by pipeline, place
limit 100
