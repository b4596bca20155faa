-- title: Who let leases expire
-- panel: leases
-- needs: runs(status, lease_expires_at, lease_owner)
-- columns: owner text, runs integer, oldest_seconds number, newest_seconds number, silent_seconds number
-- why: Where no table of workers says when the owner was last alive.
select
	left(lease_owner::text, 100) as owner,
	count(*) as runs,
	extract(epoch from now() - min(lease_expires_at))::float8 as oldest_seconds,
	extract(epoch from now() - max(lease_expires_at))::float8 as newest_seconds,
	null::float8 as silent_seconds
from runs
where status = (enum_range((null::runs).status))[
	array_position(enum_range((null::runs).status)::text::text[], 'RUNNING')
]
and lease_expires_at < now()
group by lease_owner
order by runs desc, owner
limit 20
