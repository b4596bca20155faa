-- title: Dashboard dirty queue, by age
-- panel: dirty
-- needs: task_usage_dashboard_dirty(enqueued_at), task_usage_dashboard_rollup_state(id, watermark_at)
-- columns: pipeline text, seen integer, is_capped boolean, is_partial boolean, last_minutes integer, minutes number, oldest_seconds number, past_five_days integer, past_retention integer, lost_next integer, has_prune boolean, prune_keeps boolean
-- why: At most 20,001 rows are read, of which is_capped tells. In a longer queue each age is then counted
-- why: by itself, up to 20,001 again, where an index begins with enqueued_at; else the counts are of
-- why: the rows read (is_partial), and nobody knows what came in last.
-- why: A tick consumes what was enqueued before the end of its window
-- why: and prunes what is older than seven days: lost_next is what falls to the second and not to the first.
-- why: A prune function that calls the window consumes what it takes away; one that only deletes loses it.
with pruning as (
	select count(*) > 0 as has_prune, coalesce(bool_or(prosrc ~ '_window\M'), false) as keeps
	from pg_proc where proname = 'prune_task_usage_dashboard_dirty'
),
reach as (
	select
		now() - interval '5 minutes' as lately,
		now() - interval '5 days' as five_days_ago,
		now() - interval '7 days' as retention_ago,
		(
			select now() - interval '5 minutes'
			from task_usage_dashboard_rollup_state where id = 1
		) as until_at
),
seen as (
	select
		count(*) as row_count,
		min(enqueued_at) as oldest_at,
		count(*) filter (where enqueued_at > lately) as last_minutes,
		count(*) filter (where enqueued_at < five_days_ago) as past_five_days,
		count(*) filter (where enqueued_at < retention_ago) as past_retention,
		count(*) filter (where enqueued_at < retention_ago and enqueued_at >= until_at) as lost_next
	from (select enqueued_at from task_usage_dashboard_dirty limit 20001) as capped
	cross join reach
),
known as (
	select
		row_count > 20000 as is_capped,
		exists (
			select from pg_index
			join pg_attribute on attrelid = indrelid and attnum = indkey[0]
			where indrelid = 'task_usage_dashboard_dirty'::regclass and indisvalid and indpred is null
				and attname = 'enqueued_at'
		) as has_index
	from seen
),
aged as (
	select
		oldest_at,
		case when not is_capped then last_minutes end as last_minutes,
		past_five_days,
		past_retention,
		lost_next
	from known
	cross join seen
	where not (is_capped and has_index)
	union all
	select
		(select min(enqueued_at) from task_usage_dashboard_dirty),
		(select count(*) from (select from task_usage_dashboard_dirty
			where enqueued_at > lately limit 20001) as newest),
		(select count(*) from (select from task_usage_dashboard_dirty
			where enqueued_at < five_days_ago limit 20001) as old),
		(select count(*) from (select from task_usage_dashboard_dirty
			where enqueued_at < retention_ago limit 20001) as older),
		(select count(*) from (select from task_usage_dashboard_dirty
			where enqueued_at < retention_ago and enqueued_at >= until_at limit 20001) as lost)
	from known
	cross join reach
	where is_capped and has_index
)
select
	'dashboard' as pipeline,
	row_count as seen,
	is_capped,
	is_capped and not has_index as is_partial,
	aged.last_minutes,
	5::float8 as minutes,
	extract(epoch from now() - aged.oldest_at)::float8 as oldest_seconds,
	aged.past_five_days,
	aged.past_retention,
	aged.lost_next,
	has_prune,
	keeps as prune_keeps
from seen
cross join known
cross join aged
cross join pruning
