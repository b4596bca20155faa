-- title: Triggers that fill the dirty queues
-- panel: dirty
-- needs: task_usage(id)
-- columns: pipeline text, has_queue boolean, table_name text, trigger_name text, function_name text, on_insert boolean, on_delete boolean, on_update boolean, enabled text
-- why: Names differ between versions: a trigger counts for a pipeline when its function writes to the
-- why: pipeline's dirty table, by name in its own text or in that of a function it calls. Each pipeline with a
-- why: queue comes at least once, also without any trigger. enabled is O (on), D (off), R or A (replication).
with queue (pipeline, name) as (
	values
		('hourly', 'task_usage_hourly_dirty'),
		('daily', 'task_usage_daily_dirty'),
		('dashboard', 'task_usage_dashboard_dirty')
),
here as (
	select * from queue where to_regclass(name) is not null
),
own as materialized (
	select oid, proname, prosrc from pg_proc
	where pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
),
writer as (
	select here.pipeline, own.oid, own.proname
	from here
	join own on strpos(own.prosrc, here.name) > 0
),
leading_there as (
	select pipeline, oid from writer
	union
	select writer.pipeline, own.oid
	from writer
	join own on strpos(own.prosrc, writer.proname || '(') > 0
)
select
	here.pipeline,
	true as has_queue,
	relation.relname::text as table_name,
	trigger.tgname::text as trigger_name,
	own.proname::text as function_name,
	(trigger.tgtype & 4) > 0 as on_insert,
	(trigger.tgtype & 8) > 0 as on_delete,
	(trigger.tgtype & 16) > 0 as on_update,
	trigger.tgenabled::text as enabled
from here
left join (
	leading_there
	join pg_trigger as trigger on trigger.tgfoid = leading_there.oid and not trigger.tgisinternal
	join pg_class as relation on relation.oid = trigger.tgrelid
	join own on own.oid = trigger.tgfoid
) on leading_there.pipeline = here.pipeline
order by here.pipeline, table_name, trigger_name
limit 100
