-- title: Expired leases
-- panel: leases
-- needs: runs(status, lease_expires_at)
-- columns: owner text, runs integer, oldest_seconds number, newest_seconds number, silent_seconds number
-- why: Where the table doesn't name the holder of a lease.
select
	null::text as owner,
	count(*) as runs,
	extract(epoch from now() - min(lease_expires_at))::float8 as oldest_seconds,
	extract(epoch from now() - max(lease_expires_at))::float8 as newest_seconds,
	null::float8 as silent_seconds
from runs
where status = (enum_range((null::runs).status))[
	array_position(enum_range((null::runs).status)::text::text[], 'RUNNING')
]
and lease_expires_at < now()
having count(*) > 0
