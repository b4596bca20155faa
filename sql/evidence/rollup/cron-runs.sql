-- title: What pg_cron ran
-- panel: rollups
-- needs: cron.job_run_details(runid, jobid, database, command, status, return_message, start_time, end_time)
-- columns: job_id integer, place integer, command text, status text, message text, started_seconds number, finished_seconds number
-- why: Nothing indexes the job: of the newest 3,000 runs of all jobs, the last 20 of each tick.
select
	jobid as job_id,
	place,
	left(command, 200) as command,
	left(status, 40) as status,
	left(return_message, 300) as message,
	extract(epoch from now() - start_time)::float8 as started_seconds,
	extract(epoch from now() - end_time)::float8 as finished_seconds
from (
	select *, row_number() over (partition by jobid order by runid desc) as place
	from (
		select runid, jobid, database, command, status, return_message, start_time, end_time
		from cron.job_run_details
		order by runid desc
		limit 3000
	) as newest
	where database = current_database()
	and command ~ '\mrollup_task_usage_(hourly|daily|dashboard_daily)(_tick)?\M'
) as run
where place <= 20
order by job_id, place
limit 100
