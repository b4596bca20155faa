-- title: Who holds the connections
-- panel: database
-- columns: application text, user_name text, database text, state text, connections integer, taken integer, longest_seconds number, reserved integer, max_connections integer
-- why: Client connections of all databases, because they share the limit; a role without
-- why: pg_read_all_stats sees whose they are, not their state. taken is of all, also past the limit.
select
	left(application_name, 100) as application,
	usename::text as user_name,
	datname::text as database,
	state,
	count(*) as connections,
	(sum(count(*)) over ())::bigint as taken,
	extract(epoch from now() - min(state_change))::float8 as longest_seconds,
	current_setting('superuser_reserved_connections')::int as reserved,
	current_setting('max_connections')::int as max_connections
from pg_stat_activity
where backend_type = 'client backend'
or (backend_type is null and usesysid is not null and datid is not null)
group by 1, 2, 3, 4
order by connections desc, application, user_name, database, state
limit 20
