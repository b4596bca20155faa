-- title: The oldest transactions
-- panel: database
-- columns: kind text, pid integer, application text, user_name text, client text, database text, state text, open_seconds number, state_seconds number, holds_back boolean, query text
-- why: Sessions with an open transaction, then prepared transactions and replication slots, which hold back
-- why: cleanup as well and outlive every session. A session holds back cleanup while it has a snapshot or
-- why: an id of its own (backend_xmin, backend_xid), in its own database only; those of others come last, for
-- why: the server's oldest transaction may be one of them. This session itself is left out.
with sessions as (
	select
		'session' as kind,
		pid,
		left(application_name, 100) as application,
		usename::text as user_name,
		coalesce(host(client_addr), 'local') as client,
		datname::text as database,
		state,
		extract(epoch from now() - xact_start)::float8 as open_seconds,
		extract(epoch from now() - state_change)::float8 as state_seconds,
		datname = current_database() and (backend_xmin is not null or backend_xid is not null) as holds_back,
		left(query, 200) as query
	from pg_stat_activity
	where xact_start is not null and backend_type = 'client backend' and pid <> pg_backend_pid()
	order by datname = current_database() desc, xact_start
	limit 10
),
prepared as (
	select
		'prepared', null::int, left(gid, 100), owner::text, null, database::text, null,
		extract(epoch from now() - prepared)::float8, null::float8, database = current_database(), null
	from pg_prepared_xacts
	order by prepared
	limit 5
),
slots as (
	select
		'slot', active_pid, slot_name::text, null, null, database::text,
		case when active then 'active' else 'inactive' end, null::float8, null::float8, true, null
	from pg_replication_slots
	where xmin is not null or catalog_xmin is not null
	order by slot_name
	limit 5
)
select * from sessions
union all
select * from prepared
union all
select * from slots
