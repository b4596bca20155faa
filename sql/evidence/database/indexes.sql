-- title: Indexes of the tables watched
-- panel: database
-- max-rows: 200
-- columns: table_name text, table_columns text, index_name text, method text, columns text, predicate text, is_valid boolean, is_unique boolean, table_rows number, table_bytes integer, building integer
-- why: Every table comes at least once, also without any index, with the columns it has. columns are the plain key columns, in order,
-- why: an expression is written as (…). building counts CREATE INDEX commands at work in this database: what
-- why: one of them makes is invalid until it is done.
select
	relation.oid::regclass::text as table_name,
	(
		select string_agg(attname::text, ' ') from pg_attribute
		where attrelid = relation.oid and attnum > 0 and not attisdropped
	) as table_columns,
	index_class.relname::text as index_name,
	method.amname::text as method,
	(
		select string_agg(coalesce(attribute.attname::text, '(…)'), ', ' order by key.place)
		from unnest(index.indkey::int2[]) with ordinality as key (attnum, place)
		left join pg_attribute as attribute
			on attribute.attrelid = index.indrelid and attribute.attnum = key.attnum and key.attnum > 0
		where key.place <= index.indnkeyatts
	) as columns,
	left(pg_get_expr(index.indpred, index.indrelid), 300) as predicate,
	index.indisvalid and index.indisready and index.indislive as is_valid,
	index.indisunique as is_unique,
	relation.reltuples::float8 as table_rows,
	pg_relation_size(relation.oid) as table_bytes,
	(
		select count(*) from pg_stat_progress_create_index
		where datname = current_database() or datname is null
	) as building
from unnest(array[
	'agent_task_queue', 'task_usage', 'agent_runtime', 'chat_message', 'runs',
	'task_usage_daily', 'task_usage_daily_dirty', 'task_usage_dashboard_daily', 'task_usage_dashboard_dirty',
	'task_usage_hourly', 'task_usage_hourly_dirty'
]) as wanted (name)
join pg_class as relation on relation.oid = to_regclass(wanted.name)
left join pg_index as index on index.indrelid = relation.oid
left join pg_class as index_class on index_class.oid = index.indexrelid
left join pg_am as method on method.oid = index_class.relam
order by table_name, index_name
limit 200
