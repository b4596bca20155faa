-- title: Runs with a lease
-- panel: leases
-- every: 5s
-- needs: runs(status, lease_expires_at)
-- columns: active integer, expired integer, without_lease integer, oldest_expired_seconds number, workers integer
-- metric: xyn_running_with_active_lease
-- type: gauge
-- value: active
-- help: Runs in status RUNNING with their lease in the future.
-- metric: xyn_running_with_expired_lease
-- type: gauge
-- value: expired
-- help: Runs in status RUNNING with their lease in the past: their worker crashed.
-- metric: tidemark_lease_oldest_expired_seconds
-- type: gauge
-- value: oldest_expired_seconds
-- help: Time since the longest expired lease of a running run ran out; absent where none did.
-- why: The label is looked up in the enum of the column (see ready.sql). Through ix_runs_status and not
-- why: ix_runs_lease_expires_at, which holds the leases of everything that ever ran. workers is unknown
-- why: here; a variant counts them where the table names the holder of a lease.
select
	count(*) filter (where lease_expires_at >= now()) as active,
	count(*) filter (where lease_expires_at < now()) as expired,
	count(*) filter (where lease_expires_at is null) as without_lease,
	extract(epoch from now() - min(lease_expires_at) filter (where lease_expires_at < now()))::float8
		as oldest_expired_seconds,
	null::int8 as workers
from runs
where status = (enum_range((null::runs).status))[
	array_position(enum_range((null::runs).status)::text::text[], 'RUNNING')
]
