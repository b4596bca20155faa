-- title: Workers by the leases they hold
-- parameters: $1 after_at text or null, $2 after_id text or null
-- needs: runs(status, lease_expires_at, worker_id)
-- columns: worker text, active integer, expired integer, expired_seconds number, next_seconds number, place text, met integer
-- why: Of the runs in status RUNNING, which the index on status has; at most 20,000 of them. A place is what
-- why: is left to 20,000 of either number, written so that it sorts: most expired first, then most active.
select
	left(worker, 100) as worker,
	active,
	expired,
	expired_seconds,
	next_seconds,
	place,
	met
from (
	select
		coalesce(worker, '') as name,
		worker,
		count(*) filter (where lease_expires_at >= now()) as active,
		count(*) filter (where lease_expires_at < now()) as expired,
		extract(epoch from now() - min(lease_expires_at) filter (where lease_expires_at < now()))::float8 as expired_seconds,
		extract(epoch from min(lease_expires_at) filter (where lease_expires_at >= now()) - now())::float8 as next_seconds,
		to_char(20000 - count(*) filter (where lease_expires_at < now()), 'FM00000') || ' '
			|| to_char(20000 - count(*) filter (where lease_expires_at >= now()), 'FM00000') as place,
		(sum(count(*)) over ())::bigint as met
	from (
		select worker_id::text as worker, lease_expires_at
		from runs
		where status = (enum_range((null::runs).status))[
			array_position(enum_range((null::runs).status)::text::text[], 'RUNNING')
		]
		limit 20000
	) as held
	group by worker
) as workers
where (place, left(name, 100)) > (coalesce($1::text, ''), coalesce($2::text, ''))
order by place, left(name, 100)
limit 100
