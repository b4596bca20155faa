-- title: Who let leases expire
-- panel: leases
-- needs: runs(status, lease_expires_at, worker_id), workers(id, last_heartbeat_at)
-- columns: owner text, runs integer, oldest_seconds number, newest_seconds number, silent_seconds number
-- why: Through the status index; the label is looked up in the enum (see samplers/lease/ready.sql).
select
	left(late.owner, 100) as owner,
	late.runs,
	extract(epoch from now() - late.oldest_at)::float8 as oldest_seconds,
	extract(epoch from now() - late.newest_at)::float8 as newest_seconds,
	extract(epoch from now() - (
		select max(last_heartbeat_at) from workers where id::text = late.owner
	))::float8 as silent_seconds
from (
	select
		worker_id::text as owner,
		count(*) as runs,
		min(lease_expires_at) as oldest_at,
		max(lease_expires_at) as newest_at
	from runs
	where status = (enum_range((null::runs).status))[
		array_position(enum_range((null::runs).status)::text::text[], 'RUNNING')
	]
	and lease_expires_at < now()
	group by worker_id
) as late
order by late.runs desc, late.owner
limit 20
