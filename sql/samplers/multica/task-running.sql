-- title: Tasks at work
-- panel: tasks
-- needs: agent_task_queue(status, started_at, runtime_id, chat_session_id, autopilot_run_id, issue_id), agent_runtime(id, runtime_mode)
-- columns: source text, runtime_mode text, tasks integer
-- metric: multica_agent_task_running
-- type: gauge
-- labels: source, runtime_mode
-- value: tasks
-- help: Tasks in status dispatched or running, by source and the mode of their runtime.
-- why: Two branches, because each status has a partial index of its own and OR would use neither. The
-- why: one for dispatched covers tasks not yet started, which is what dispatched means.
with at_work as (
	select runtime_id, chat_session_id, autopilot_run_id, issue_id
	from agent_task_queue
	where status = 'running'
	union all
	select runtime_id, chat_session_id, autopilot_run_id, issue_id
	from agent_task_queue
	where status = 'dispatched' and started_at is null
),
counted as (
	select
		case
			when at_work.chat_session_id is not null then 'chat'
			when at_work.autopilot_run_id is not null then 'autopilot'
			when at_work.issue_id is not null then 'issue'
			else 'other'
		end as source,
		case lower(btrim(runtime.runtime_mode, E' \t\r\n'))
			when 'local' then 'local'
			when 'cloud' then 'cloud'
			else 'unknown'
		end as runtime_mode,
		count(*) as tasks
	from at_work
	left join agent_runtime as runtime on runtime.id = at_work.runtime_id
	group by 1, 2
)
select source, runtime_mode, coalesce(tasks, 0) as tasks
from (values
	('chat'), ('issue'), ('autopilot'), ('autopilot_issue'), ('quick_create'), ('manual'), ('api'), ('other')
) as known_source (source)
cross join (values ('local'), ('cloud'), ('unknown')) as known_mode (runtime_mode)
left join counted using (source, runtime_mode)
order by tasks desc, source, runtime_mode
limit 100
