-- title: Runs waiting
-- panel: leases
-- every: 5s
-- needs: runs(status, run_at, queued_at)
-- columns: ready integer, future integer, oldest_ready_seconds number, longest_wait_seconds number
-- metric: xyn_queue_ready_depth
-- type: gauge
-- value: ready
-- help: Runs in status QUEUED that may start now.
-- metric: xyn_queue_future_depth
-- type: gauge
-- value: future
-- help: Runs in status QUEUED that may not start yet.
-- metric: xyn_queue_oldest_ready_seconds
-- type: gauge
-- value: oldest_ready_seconds
-- help: Time since the oldest ready run was queued; 0 when none is ready.
-- why: The label is looked up in the enum of the column, whatever its name: written as a literal it would
-- why: fail where the enum lacks it, compared as text it could not use ix_runs_status. One aggregate,
-- why: because min() alone would walk ix_runs_queued_at through all of the past to the first queued run.
-- why: The metric counts from queued_at, as alerts that exist expect. What is judged is the wait since a run
-- why: might start: one that was queued for later has not waited before its time.
select
	count(*) filter (where run_at <= now()) as ready,
	count(*) filter (where run_at > now()) as future,
	greatest(0, extract(epoch from now() - min(queued_at) filter (where run_at <= now())))::float8
		as oldest_ready_seconds,
	greatest(0, extract(epoch from now() - min(greatest(queued_at, run_at)) filter (where run_at <= now())))::float8
		as longest_wait_seconds
from runs
where status = (enum_range((null::runs).status))[
	array_position(enum_range((null::runs).status)::text::text[], 'QUEUED')
]
