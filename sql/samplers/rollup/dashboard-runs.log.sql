-- title: Dashboard rollup ticks, as tidemark's own log has them
-- panel: rollups
-- every: 15s
-- needs: task_usage_dashboard_rollup_state(id, watermark_at), task_usage(created_at), tidemark_rollup_runs(id, pipeline, outcome, started_at, window_from, window_to, rows_touched)
-- columns: pipeline text, stalled_runs integer, failed_runs integer
-- metric: tidemark_rollup_stalled_runs
-- type: gauge
-- labels: pipeline
-- value: stalled_runs
-- help: The latest ticks in a row that succeeded and moved nothing though newer usage was there, of the last 20; absent when no tick is on record.
-- why: A tick takes all usage that is five minutes old. One that began later than that after the oldest
-- why: event past the watermark, and succeeded without rows, found the lock taken. By created_at: an event is
-- why: never older than its row, so none counts too early; where only old rows are corrected the data lag tells.
-- why: Every tick is in the log, whoever called it, and it tells one that was busy from one that was idle.
-- why: failed_runs are the latest in a row that failed: the state table forgets them, since its write is rolled back.
with usage as materialized (
	select min(created_at) as oldest_at
	from task_usage
	where created_at > (select watermark_at from task_usage_dashboard_rollup_state where id = 1)
),
ended as (
	select
		row_number() over (order by id desc) as place,
		coalesce(
			(outcome = 'busy' or rows_touched = 0 and window_to <= window_from)
				and started_at > usage.oldest_at + interval '5 minutes',
			false) as is_stalled,
		outcome = 'failed' as is_failed
	from (
		select id, outcome, started_at, window_from, window_to, rows_touched
		from tidemark_rollup_runs
		where pipeline = 'dashboard'
		order by id desc
		limit 20
	) as logged
	cross join usage
	where outcome <> 'running'
)
select
	'dashboard' as pipeline,
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
