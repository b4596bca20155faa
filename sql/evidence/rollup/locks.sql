-- title: Who holds and who awaits the rollup locks
-- panel: rollups
-- needs: task_usage(id)
-- columns: pipeline text, is_granted boolean, pid integer, prepared text, application text, user_name text, client text, state text, state_seconds number, transaction_seconds number, wait_seconds number, query text
-- why: Looked up in pg_locks, never tried: taking the lock to test it would steal a tick. One more row
-- why: with is_granted NULL is a session that holds no such lock and runs a window of the pipeline now or ran
-- why: one last, or, as between two windows, one of the holder's own client, opened together with it, that
-- why: ended a transaction: a backfill may keep the lock on one session and work on another. State, client, times
-- why: and query need pg_read_all_stats and are NULL without it. A prepared transaction holds its locks with no
-- why: session behind it: it has a name instead of a pid. No function is named whole here: that text would
-- why: look like a call of it to whoever else asks.
with pipeline (name, lock_key, tick_function) as (
	values
		('hourly', 4246, 'rollup_task_usage_hourly'),
		('daily', 4242, 'rollup_task_usage_daily'),
		('dashboard', 4244, 'rollup_task_usage_dashboard_daily')
),
locked as materialized (
	select
		pipeline.name,
		held.pid,
		held.granted,
		held.waitstart,
		own.transactionid as transaction_id
	from pg_locks as held
	join pipeline on pipeline.lock_key = held.objid
	left join pg_locks as own on held.pid is null and own.pid is null
		and own.locktype = 'transactionid' and own.virtualtransaction = held.virtualtransaction
	where held.locktype = 'advisory' and held.classid = 0 and held.objsubid = 1
	and held.database = (select oid from pg_database where datname = current_database())
),
involved as (
	select name, pid, granted, waitstart, transaction_id from locked
	union all
	select pipeline.name, activity.pid, null, null, null
	from pg_stat_activity as activity
	join pipeline on activity.query like '%' || pipeline.tick_function || '\_window%'
	where activity.datname = current_database() and activity.pid <> pg_backend_pid()
	and activity.pid not in (select pid from locked where pid is not null)
	union all
	select locked.name, activity.pid, null, null, null
	from locked
	join pg_stat_activity as holder on holder.pid = locked.pid
	join pg_stat_activity as activity on activity.datid = holder.datid
		and activity.usesysid = holder.usesysid
		and activity.application_name = holder.application_name
		and activity.client_addr is not distinct from holder.client_addr
		and activity.backend_start - holder.backend_start between interval '-1 minute' and interval '1 minute'
	where locked.granted and holder.state = 'idle' and holder.query ~* 'advisory_lock'
	and activity.pid <> pg_backend_pid()
	and activity.pid not in (select pid from locked where pid is not null)
	and activity.query ~* '^\s*(begin|start transaction|commit|end)\M'
)
select
	involved.name as pipeline,
	involved.granted as is_granted,
	involved.pid,
	left(prepared.gid, 200) as prepared,
	left(activity.application_name, 100) as application,
	coalesce(activity.usename, prepared.owner)::text as user_name,
	case when activity.state is not null then coalesce(host(activity.client_addr), 'local') end as client,
	coalesce(activity.state, case when prepared.gid is not null then 'prepared' end) as state,
	extract(epoch from now() - activity.state_change)::float8 as state_seconds,
	extract(epoch from now() - coalesce(activity.xact_start, prepared.prepared))::float8 as transaction_seconds,
	greatest(0, extract(epoch from now() - involved.waitstart))::float8 as wait_seconds,
	case when activity.state is not null then left(activity.query, 200) end as query
from involved
left join pg_stat_activity as activity on activity.pid = involved.pid
left join pg_prepared_xacts as prepared on prepared.transaction = involved.transaction_id
order by is_granted desc nulls last, wait_seconds desc nulls last, involved.pid
limit 50
