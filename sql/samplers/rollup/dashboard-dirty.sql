-- title: Dashboard dirty queue
-- panel: dirty
-- every: 15s
-- needs: task_usage_dashboard_dirty(enqueued_at)
-- columns: pipeline text, dirty_rows integer, is_estimate boolean, oldest_seconds number, newest_seconds number
-- metric: tidemark_rollup_dirty_rows
-- type: gauge
-- labels: pipeline
-- value: dirty_rows
-- help: Invalidated buckets that wait for the pipeline; an estimate beyond 20,000.
-- metric: tidemark_rollup_dirty_oldest_seconds
-- type: gauge
-- labels: pipeline
-- value: oldest_seconds
-- help: Time since the longest waiting invalidation was enqueued; absent when none waits.
-- why: The queue can grow without end, so at most 20,000 rows are read. A longer one is estimated as the
-- why: planner does (rows per page when last vacuumed or analysed, times the pages there are now), at
-- why: least 20,001. Oldest and newest are then exact where an index begins with enqueued_at, else
-- why: those of the rows read: the true oldest is that old or older.
with seen as (
	select count(*) as row_count, min(enqueued_at) as oldest_at, max(enqueued_at) as newest_at
	from (select enqueued_at from task_usage_dashboard_dirty limit 20001) as capped
),
known as (
	select
		reltuples / greatest(relpages, 1)
			* pg_relation_size(oid) / current_setting('block_size')::float8 as estimate,
		exists (
			select from pg_index
			join pg_attribute on attrelid = indrelid and attnum = indkey[0]
			where indrelid = pg_class.oid and indisvalid and indpred is null and attname = 'enqueued_at'
		) as has_index
	from pg_class
	where oid = 'task_usage_dashboard_dirty'::regclass
),
ends as (
	select
		case when row_count > 20000 and has_index
			then (select min(enqueued_at) from task_usage_dashboard_dirty) else oldest_at end as oldest_at,
		case when row_count > 20000 and has_index
			then (select max(enqueued_at) from task_usage_dashboard_dirty) else newest_at end as newest_at
	from seen
	cross join known
)
select
	'dashboard' as pipeline,
	case when row_count > 20000 then greatest(row_count, round(estimate)::bigint) else row_count end
		as dirty_rows,
	row_count > 20000 as is_estimate,
	greatest(extract(epoch from now() - ends.oldest_at), none.age)::float8 as oldest_seconds,
	greatest(extract(epoch from now() - ends.newest_at), none.age)::float8 as newest_seconds
from seen
cross join known
cross join ends
-- GREATEST passes over a NULL: a row enqueued since now() is 0 s old, no row has no age.
cross join lateral (select case when row_count > 0 then 0 end) as none (age)
