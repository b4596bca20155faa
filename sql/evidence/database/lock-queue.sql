-- title: Who waits for a table, and for whom
-- panel: database
-- columns: pid integer, waits_for text, mode text, wait_seconds number, application text, user_name text, client text, state text, state_seconds number, transaction_seconds number, query text, blocked_by text, is_waiting boolean, prepared text, holds text
-- why: The twenty that wait longest for a lock on a table, and the sessions in their way.
-- why: pg_blocking_pids() stops the lock manager for a moment each time, hence the few. Waits for rows and
-- why: transactions are the application's daily business and are left out. A prepared transaction is 0 among
-- why: the blockers: those that have the table locked come with their names.
with waiting as materialized (
	select pid, relation, mode, waitstart, pg_blocking_pids(pid) as blockers
	from (
		select distinct on (pid) pid, relation, mode, waitstart
		from pg_locks
		where not granted and locktype = 'relation'
		and database = (select oid from pg_database where datname = current_database())
		order by pid, waitstart
	) as each
	order by waitstart
	limit 20
),
involved as (
	select pid from waiting
	union
	select blocker from waiting cross join unnest(blockers) as blocker where blocker <> 0
),
prepared as (
	select distinct held.relation, transaction.gid, transaction.owner, transaction.prepared
	from waiting
	join pg_locks as held on held.pid is null and held.locktype = 'relation' and held.relation = waiting.relation
	join pg_locks as own on own.pid is null and own.locktype = 'transactionid'
		and own.virtualtransaction = held.virtualtransaction
	join pg_prepared_xacts as transaction on transaction.transaction = own.transactionid
	where 0 = any (waiting.blockers)
)
select
	involved.pid,
	waiting.relation::regclass::text as waits_for,
	waiting.mode,
	extract(epoch from now() - waiting.waitstart)::float8 as wait_seconds,
	left(activity.application_name, 100) as application,
	activity.usename::text as user_name,
	coalesce(host(activity.client_addr), 'local') as client,
	activity.state,
	extract(epoch from now() - activity.state_change)::float8 as state_seconds,
	extract(epoch from now() - activity.xact_start)::float8 as transaction_seconds,
	left(activity.query, 200) as query,
	array_to_string(waiting.blockers, ' ') as blocked_by,
	waiting.pid is not null as is_waiting,
	null as prepared,
	null as holds
from involved
left join waiting using (pid)
left join pg_stat_activity as activity on activity.pid = involved.pid
union all
select
	null, null, null, null, null, owner::text, null, 'prepared', null,
	extract(epoch from now() - prepared)::float8,
	null, null, false, left(gid, 200), relation::regclass::text
from prepared
order by is_waiting, wait_seconds desc nulls last, pid
limit 60
