-- title: When the next run may start
-- panel: leases
-- needs: runs(status, run_at)
-- columns: next_seconds number, last_seconds number
-- why: Through the status index: the run_at index would be walked through all of the future.
select
	extract(epoch from min(run_at) - now())::float8 as next_seconds,
	extract(epoch from max(run_at) - now())::float8 as last_seconds
from runs
where status = (enum_range((null::runs).status))[
	array_position(enum_range((null::runs).status)::text::text[], 'QUEUED')
]
and run_at > now()
