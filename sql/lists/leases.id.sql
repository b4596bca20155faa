-- title: Runs with a lease, the longest expired first
-- parameters: $1 after_at timestamptz or null, $2 after_id text or null
-- needs: runs(id, status, lease_expires_at)
-- columns: id text, worker text, expired_seconds number, left_seconds number, place text, met integer
-- why: Of the runs in status RUNNING, which the index on status has; at most 20,000 of them.
select
	id,
	left(worker, 100) as worker,
	extract(epoch from now() - case when lease_expires_at < now() then lease_expires_at end)::float8 as expired_seconds,
	extract(epoch from case when lease_expires_at >= now() then lease_expires_at end - now())::float8 as left_seconds,
	expires_at::text as place,
	met
from (
	select *, coalesce(lease_expires_at, '-infinity') as expires_at, count(*) over () as met
	from (
		select id::text as id, null::text as worker, lease_expires_at
		from runs
		where status = (enum_range((null::runs).status))[
			array_position(enum_range((null::runs).status)::text::text[], 'RUNNING')
		]
		limit 20000
	) as held
) as held
where (expires_at, id) > (coalesce($1::timestamptz, '-infinity'), coalesce($2::text, ''))
order by expires_at, id
limit 100
