-- title: Hourly rollup ticks by pg_cron
-- panel: rollups
-- every: 15s
-- needs: task_usage_hourly_rollup_state(id, watermark_at, last_run_finished_at), task_usage(created_at), cron.job_run_details(runid, database, command, status, start_time)
-- columns: pipeline text, stalled_runs integer, failed_runs integer
-- metric: tidemark_rollup_stalled_runs
-- type: gauge
-- labels: pipeline
-- value: stalled_runs
-- help: The latest ticks in a row that succeeded and moved nothing though newer usage was there, of the last 20; absent when no tick is on record.
-- why: A tick takes all usage that is five minutes old. One that began later than that after the oldest
-- why: event past the watermark, and succeeded without rows, found the lock taken. By created_at: an event is
-- why: never older than its row, so none counts too early; where only old rows are corrected the data lag tells.
-- why: A tick that had the lock has stamped its time, so that one which catches up in steps is none of these.
-- why: Nothing indexes the job: of the newest 1,000 runs of all jobs. pg_cron notes no rows, and needs none: a
-- why: tick that had moved anything would have stamped its time.
-- why: The order is that of the runs' numbers: one that could not connect may have no time.
-- why: failed_runs are the latest in a row that failed: the state table forgets them, since its write is rolled back.
with usage as materialized (
	select min(created_at) as oldest_at
	from task_usage
	where created_at > (select watermark_at from task_usage_hourly_rollup_state where id = 1)
),
noted as (
	select 'pg_cron' as source, row_number() over (order by runid desc) as place, start_time as started_at,
		case status when 'succeeded' then 'SUCCESS' when 'failed' then 'FAILED' else 'RUNNING' end as status,
		0 as rows_affected
	from (
		select runid, start_time, status, database, command
		from cron.job_run_details
		order by runid desc
		limit 1000
	) as called
	where database = current_database() and command ~ '\mrollup_task_usage_hourly(_tick)?\M'
	order by runid desc
	limit 20
),
ended as (
	select
		row_number() over (order by noted.place) as place,
		coalesce(
			noted.status = 'SUCCESS' and coalesce(noted.rows_affected, 0) = 0
				and noted.started_at > usage.oldest_at + interval '5 minutes'
				and noted.started_at > coalesce(state.last_run_finished_at, '-infinity'),
			false) as is_stalled,
		noted.status = 'FAILED' as is_failed
	from noted
	cross join usage
	join task_usage_hourly_rollup_state as state on state.id = 1
	where noted.status <> 'RUNNING'
)
select
	'hourly' as pipeline,
	count(*) filter (where place < coalesce(first.place_moved, 21)) as stalled_runs,
	count(*) filter (where place < coalesce(first.place_ended_well, 21)) as failed_runs
from ended
cross join (
	select
		min(place) filter (where not is_stalled) as place_moved,
		min(place) filter (where not is_failed) as place_ended_well
	from ended
) as first
having count(*) > 0
