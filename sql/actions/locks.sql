-- Who has an advisory lock, and who waits for it: the lock itself is never tried. $1 and $2 are the
-- two halves of its key, $3 is 1 for a lock of one key and 2 for one of two. The server notes since
-- when somebody waits from version 14 on, and never since when a lock is held: known is that its
-- holder has had it since its transaction began or, with none open, since before it fell idle.
select
	l.pid,
	l.granted as "isHolder",
	a.application_name as application,
	a.usename as role,
	a.state,
	extract(epoch from clock_timestamp() - coalesce(a.xact_start, a.state_change))::float8 as "heldSeconds",
	extract(epoch from clock_timestamp() - (to_jsonb(l) ->> 'waitstart')::timestamptz)::float8 as "waitSeconds",
	left(a.query, 200) as query
from pg_locks l
left join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'advisory'
	and l.classid = $1::bigint::oid and l.objid = $2::bigint::oid and l.objsubid = $3
	and l.database = (select oid from pg_database where datname = current_database())
	and l.pid <> pg_backend_pid()
order by l.granted desc, "waitSeconds" desc nulls last, l.pid
