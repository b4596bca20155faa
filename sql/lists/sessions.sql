-- title: Sessions of the server, the oldest transaction first
-- parameters: $1 after_at text or null, $2 after_id text or null
-- columns: pid integer, user_name text, application text, client text, database text, state text, open_seconds number, state_seconds number, waits_for text, query text, place text
-- why: The state of other roles' sessions needs pg_read_all_stats; without it they are there by their pid only.
-- why: A place is written so that it sorts: the open transactions by their age, then the idle sessions by theirs.
select
	pid,
	usename::text as user_name,
	left(application_name, 100) as application,
	coalesce(host(client_addr), 'local') as client,
	datname::text as database,
	state,
	extract(epoch from now() - xact_start)::float8 as open_seconds,
	extract(epoch from now() - state_change)::float8 as state_seconds,
	case when state = 'active' then wait_event_type || ': ' || wait_event end as waits_for,
	left(query, 500) as query,
	place
from pg_stat_activity
cross join lateral (
	select coalesce(
		'1 ' || to_char(xact_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
		'2 ' || to_char(state_change at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
		'3'
	) collate "C" as place
) as sorted
where (backend_type = 'client backend' or (backend_type is null and usesysid is not null and datid is not null))
and pid <> pg_backend_pid()
and (place, pid::text) > (coalesce($1::text, ''), coalesce($2::text, ''))
order by place, pid::text
limit 100
