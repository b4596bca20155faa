-- title: The oldest transactions
-- panel: database
-- columns: kind text, pid integer, application text, user_name text, client text, database text, state text, open_seconds number, state_seconds number, holds_back boolean, age_transactions number, query text
-- why: Sessions with an open transaction, then prepared transactions and replication slots, which hold back
-- why: cleanup as well and outlive every session. A session holds back cleanup while it has a snapshot or
-- why: an id of its own (backend_xmin, backend_xid), in its own database only; those of others come last, for
-- why: the server's oldest transaction may be one of them. This session itself is left out. A slot is open
-- why: since nobody reads it, which servers before 17 don't say; all say how many transactions ago it stopped.
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
		null::float8 as age_transactions,
		left(query, 200) as query
	from pg_stat_activity
	where xact_start is not null and backend_type = 'client backend' and pid <> pg_backend_pid()
),
own as (
	select * from sessions where database = current_database() order by holds_back desc, open_seconds desc limit 10
),
elsewhere as (
	select * from sessions where database <> current_database() order by open_seconds desc limit 5
),
prepared as (
	select
		'prepared', null::int, left(gid, 100), owner::text, null, database::text, null,
		extract(epoch from now() - prepared)::float8, null::float8, database = current_database(), null::float8, null
	from pg_prepared_xacts
	order by prepared
	limit 5
),
slots as (
	select
		'slot', active_pid, slot_name::text, null, null, database::text,
		case when active then 'active' else 'inactive' end,
		extract(epoch from now() - (to_jsonb(slot) ->> 'inactive_since')::timestamptz)::float8, null::float8, true,
		greatest(age(xmin), age(catalog_xmin))::float8, null
	from pg_replication_slots as slot
	where xmin is not null or catalog_xmin is not null
	order by active, greatest(age(xmin), age(catalog_xmin)) desc, slot_name
	limit 5
)
select * from own
union all
select * from elsewhere
union all
select * from prepared
union all
select * from slots
