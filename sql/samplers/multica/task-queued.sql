-- title: Queued tasks
-- panel: tasks
-- needs: agent_task_queue(status, created_at, chat_session_id, autopilot_run_id, issue_id)
-- columns: source text, tasks integer, oldest_seconds number
-- metric: multica_agent_task_queued
-- type: gauge
-- labels: source
-- value: tasks
-- help: Tasks in status queued, by source.
-- metric: tidemark_task_oldest_ready_seconds
-- type: gauge
-- labels: source
-- value: oldest_seconds
-- help: Age of the longest waiting queued task, by source; absent where none waits.
-- why: The partial index on queued tasks holds only what waits now, so the cost is that of the backlog
-- why: (at most two hours of it: then queued tasks expire), whatever the history.
with queued as (
	select
		case
			when chat_session_id is not null then 'chat'
			when autopilot_run_id is not null then 'autopilot'
			when issue_id is not null then 'issue'
			else 'other'
		end as source,
		count(*) as tasks,
		greatest(0, extract(epoch from now() - min(created_at)))::float8 as oldest_seconds
	from agent_task_queue
	where status = 'queued'
	group by 1
)
select source, coalesce(tasks, 0) as tasks, oldest_seconds
from (values
	('chat'), ('issue'), ('autopilot'), ('autopilot_issue'), ('quick_create'), ('manual'), ('api'), ('other')
) as known (source)
left join queued using (source)
order by tasks desc, source
limit 100
