-- title: What the planner knows of the tables
-- panel: database
-- columns: table_name text, bytes integer, has_counted boolean, has_statistics boolean, can_tell boolean, analyzed_seconds number, changed_rows integer, autovacuum boolean, switched_off text
-- why: reltuples is -1 until the first VACUUM or ANALYZE (0 before Postgres 14). Statistics of columns that
-- why: this role may not read don't show in pg_stats: can_tell is whether it may read any. The tables are
-- why: those that samplers and windows read in bulk. switched_off names the ways to use an index that
-- why: nobody in this session may take: such a setting may come with the database or the role.
select
	relation.oid::regclass::text as table_name,
	pg_relation_size(relation.oid) as bytes,
	relation.reltuples > 0 or (relation.reltuples = 0 and relation.relpages > 0) as has_counted,
	exists (
		select from pg_stats as known
		where known.schemaname = space.nspname and known.tablename = relation.relname
	) as has_statistics,
	has_any_column_privilege(relation.oid, 'select') as can_tell,
	extract(epoch from now() - greatest(stats.last_analyze, stats.last_autoanalyze))::float8 as analyzed_seconds,
	stats.n_mod_since_analyze as changed_rows,
	current_setting('autovacuum')::boolean and coalesce((
		select option_value::boolean from pg_options_to_table(relation.reloptions)
		where option_name = 'autovacuum_enabled'
	), true) as autovacuum,
	(
		select string_agg(name, ', ' order by name) from pg_settings
		where name in ('enable_indexscan', 'enable_indexonlyscan', 'enable_bitmapscan') and setting = 'off'
	) as switched_off
from unnest(array[
	'agent_task_queue', 'task_usage', 'agent_runtime', 'agent', 'issue', 'chat_message', 'chat_session', 'runs',
	'task_usage_daily', 'task_usage_daily_dirty', 'task_usage_dashboard_daily', 'task_usage_dashboard_dirty',
	'task_usage_hourly', 'task_usage_hourly_dirty'
]) as wanted (name)
join pg_class as relation on relation.oid = to_regclass(wanted.name)
join pg_namespace as space on space.oid = relation.relnamespace
left join pg_stat_user_tables as stats on stats.relid = relation.oid
order by bytes desc, table_name
limit 20
