-- title: Who waits for a table, and for whom
-- panel: database
-- columns: pid integer, waits_for text, mode text, wait_seconds number, application text, user_name text, client text, state text, state_seconds number, transaction_seconds number, query text, blocked_by text, is_waiting boolean
-- why: The twenty that wait longest for a lock on a table, and the sessions in their way.
-- why: pg_blocking_pids() stops the lock manager for a moment each time, hence the few. Waits for rows and
-- why: transactions are the application's daily business and are left out.
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
	select unnest(blockers) from waiting
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
	waiting.pid is not null as is_waiting
from involved
left join waiting using (pid)
left join pg_stat_activity as activity on activity.pid = involved.pid
order by is_waiting, wait_seconds desc, involved.pid
limit 60
