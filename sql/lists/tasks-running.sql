-- title: Tasks that run longest
-- parameters: $1 after_at timestamptz or null, $2 after_id text or null
-- needs: agent_task_queue(id, status, started_at, agent_id, runtime_id, chat_session_id, autopilot_run_id, issue_id, attempt, max_attempts), agent(id, name), agent_runtime(id, name, last_seen_at)
-- columns: id text, source text, agent text, runtime text, seconds number, silent_seconds number, attempt integer, max_attempts integer, place text
-- why: In the order of the partial index on running tasks, from the last row of the page before on.
select
	task.id::text as id,
	case
		when task.chat_session_id is not null then 'chat'
		when task.autopilot_run_id is not null then 'autopilot'
		when task.issue_id is not null then 'issue'
		else 'other'
	end as source,
	left(agent.name, 100) as agent,
	left(runtime.name, 100) as runtime,
	extract(epoch from now() - task.started_at)::float8 as seconds,
	extract(epoch from now() - runtime.last_seen_at)::float8 as silent_seconds,
	task.attempt,
	task.max_attempts,
	task.started_at::text as place
from (
	select
		id, started_at, agent_id, runtime_id, chat_session_id, autopilot_run_id, issue_id, attempt, max_attempts
	from agent_task_queue
	where status = 'running'
	and (started_at, id::text) > (coalesce($1::timestamptz, '-infinity'), coalesce($2::text, ''))
	order by started_at, id::text
	limit 100
) as task
left join agent on agent.id = task.agent_id
left join agent_runtime as runtime on runtime.id = task.runtime_id
order by task.started_at, task.id::text
