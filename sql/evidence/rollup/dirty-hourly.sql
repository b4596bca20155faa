-- title: Hourly dirty queue, by age
-- panel: dirty
-- needs: task_usage_hourly_dirty(enqueued_at), task_usage_hourly_rollup_state(id, watermark_at)
-- columns: pipeline text, seen integer, is_capped boolean, last_minutes integer, minutes number, oldest_seconds number, past_five_days integer, past_retention integer, lost_next integer, has_prune boolean, prune_keeps boolean
-- why: At most 200,001 rows are read. A tick consumes what was enqueued before the end of its window (a day after the watermark at most)
-- why: and prunes what is older than seven days: lost_next is what falls to the second and not to the first.
-- why: A prune function that calls the window consumes what it takes away; one that only deletes loses it.
with pruning as (
	select count(*) > 0 as has_prune, coalesce(bool_or(prosrc ~ '_window\M'), false) as keeps
	from pg_proc where proname = 'prune_task_usage_hourly_dirty'
),
reach as (
	select least(now() - interval '5 minutes', watermark_at + interval '1 day') as until_at
	from task_usage_hourly_rollup_state where id = 1
),
queue as (
	select enqueued_at from task_usage_hourly_dirty limit 200001
)
select
	'hourly' as pipeline,
	count(*) as seen,
	count(*) > 200000 as is_capped,
	count(*) filter (where enqueued_at > now() - interval '5 minutes') as last_minutes,
	5::float8 as minutes,
	extract(epoch from now() - min(enqueued_at))::float8 as oldest_seconds,
	count(*) filter (where enqueued_at < now() - interval '5 days') as past_five_days,
	count(*) filter (where enqueued_at < now() - interval '7 days') as past_retention,
	count(*) filter (
		where enqueued_at < now() - interval '7 days' and enqueued_at >= (select until_at from reach)
	) as lost_next,
	(select has_prune from pruning) as has_prune,
	(select keeps from pruning) as prune_keeps
from queue
