-- title: What pg_cron is told to run
-- panel: rollups
-- needs: cron.job(jobid, schedule, command, database, username, active)
-- columns: is_filtered boolean, job_id integer, schedule text, command text, user_name text, is_active boolean
-- why: Always at least one row, without a job where there is none for a tick: "no job" and "none that this
-- why: role may see" (row security shows a role its own jobs only) are different answers.
select
	row_security_active('cron.job') as is_filtered,
	job.jobid as job_id,
	left(job.schedule, 40) as schedule,
	left(job.command, 200) as command,
	job.username::text as user_name,
	job.active as is_active
from (select) as one
left join lateral (
	select jobid, schedule, command, username, active
	from cron.job
	where command ~ '\mrollup_task_usage_(hourly|daily|dashboard_daily)(_tick)?\M' and database = current_database()
	order by jobid
	limit 20
) as job on true
