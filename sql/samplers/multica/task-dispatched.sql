-- title: Dispatched, not started
-- panel: tasks
-- needs: agent_task_queue(status, started_at, dispatched_at)
-- columns: tasks integer, late integer, overdue integer, oldest_seconds number
-- metric: tidemark_task_dispatched_late
-- type: gauge
-- value: late
-- help: Tasks dispatched more than 60 s ago and not started.
-- metric: tidemark_task_dispatched_oldest_seconds
-- type: gauge
-- value: oldest_seconds
-- help: Time since the longest unstarted task was dispatched; absent where there is none.
-- why: late is over 60 s and overdue over 4 minutes: the product fails such a task after 5. The partial
-- why: index holds exactly these rows.
select
	count(*) as tasks,
	count(*) filter (where dispatched_at < now() - interval '60 seconds') as late,
	count(*) filter (where dispatched_at < now() - interval '4 minutes') as overdue,
	case when count(dispatched_at) > 0 then
		greatest(0, extract(epoch from now() - min(dispatched_at)))
	end::float8 as oldest_seconds
from agent_task_queue
where status = 'dispatched' and started_at is null
