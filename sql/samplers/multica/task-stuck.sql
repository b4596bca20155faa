-- title: Tasks running over 30 minutes
-- panel: tasks
-- needs: agent_task_queue(status, started_at, chat_session_id, autopilot_run_id, issue_id)
-- columns: source text, tasks integer
-- metric: multica_agent_task_stuck_total
-- type: gauge
-- labels: source
-- value: tasks
-- help: Tasks in status running that started more than 30 minutes ago, by source.
-- why: A range of the partial index on running tasks.
with stuck as (
	select
		case
			when chat_session_id is not null then 'chat'
			when autopilot_run_id is not null then 'autopilot'
			when issue_id is not null then 'issue'
			else 'other'
		end as source,
		count(*) as tasks
	from agent_task_queue
	where status = 'running' and started_at < now() - interval '30 minutes'
	group by 1
)
select source, coalesce(tasks, 0) as tasks
from (values
	('chat'), ('issue'), ('autopilot'), ('autopilot_issue'), ('quick_create'), ('manual'), ('api'), ('other')
) as known (source)
left join stuck using (source)
order by tasks desc, source
limit 100
