-- What this database has of all that the samplers need, as the connected role sees it.
-- $1: table names, plain or schema.table. $2: function names, likewise, without arguments.
-- Reads system catalogs only; a name that is missing is simply absent from the result.
with wanted as (
	select
		name,
		case when name like '%.%' then split_part(name, '.', 1) end as schema_name,
		case when name like '%.%' then split_part(name, '.', 2) else name end as object_name
	from unnest($1::text[] || $2::text[]) as name
),
tables as (
	select
		w.name,
		jsonb_agg(a.attname) as columns,
		jsonb_agg(a.attname) filter (
			where not has_schema_privilege(n.oid, 'usage')
			or not has_column_privilege(c.oid, a.attnum, 'select')
		) as denied,
		(
			select jsonb_agg((
				select jsonb_agg(k.attname order by key.place)
				from unnest(i.indkey) with ordinality as key (number, place)
				join pg_attribute as k on k.attrelid = c.oid and k.attnum = key.number
			))
			from pg_index as i
			where i.indrelid = c.oid and i.indisvalid and i.indpred is null
		) as indexes
	from wanted as w
	join pg_class as c on c.relname = w.object_name and c.relkind in ('r', 'v', 'm', 'f', 'p')
	join pg_namespace as n on n.oid = c.relnamespace
	join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
	where w.name = any ($1::text[])
	and case when w.schema_name is null then pg_table_is_visible(c.oid) else n.nspname = w.schema_name end
	group by w.name, c.oid, n.oid
),
functions as (
	select
		w.name,
		bool_or(has_schema_privilege(n.oid, 'usage') and has_function_privilege(p.oid, 'execute')) as can_execute
	from wanted as w
	join pg_proc as p on p.proname = w.object_name
	join pg_namespace as n on n.oid = p.pronamespace
	where w.name = any ($2::text[])
	and case when w.schema_name is null then pg_function_is_visible(p.oid) else n.nspname = w.schema_name end
	group by w.name
)
select
	current_user::text as role,
	current_database()::text as database,
	current_setting('server_version') as version,
	current_setting('server_version_num')::int / 10000 as major_version,
	pg_is_in_recovery() as is_standby,
	(select coalesce(jsonb_object_agg(name, jsonb_build_object('columns', columns, 'denied', denied, 'indexes', indexes)), '{}') from tables) as tables,
	(select coalesce(jsonb_object_agg(name, can_execute), '{}') from functions) as functions
