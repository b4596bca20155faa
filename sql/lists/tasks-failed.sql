-- title: Tasks that failed last
-- parameters: $1 after_at timestamptz or null, $2 after_id text or null
-- needs: agent_task_queue(id, status, completed_at, started_at, agent_id, runtime_id, chat_session_id, autopilot_run_id, issue_id, attempt, max_attempts, failure_reason), agent(id, name), agent_runtime(id, name)
-- columns: id text, source text, agent text, runtime text, seconds number, ran_seconds number, attempt integer, max_attempts integer, reason text, place text
-- why: Out of the newest 5,000 finished tasks before the page's end, through the partial index on completed_at:
-- why: where fewer than one in fifty fail, a page has less than a hundred.
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
	extract(epoch from now() - task.completed_at)::float8 as seconds,
	extract(epoch from task.completed_at - task.started_at)::float8 as ran_seconds,
	task.attempt,
	task.max_attempts,
	left(task.failure_reason, 200) as reason,
	task.completed_at::text as place
from (
	select
		id, status, completed_at, started_at, agent_id, runtime_id, chat_session_id, autopilot_run_id, issue_id, attempt, max_attempts, failure_reason
	from agent_task_queue
	where status in ('completed', 'failed', 'cancelled')
	and completed_at <= coalesce($1::timestamptz, 'infinity')
	order by completed_at desc
	limit 5000
) as task
left join agent on agent.id = task.agent_id
left join agent_runtime as runtime on runtime.id = task.runtime_id
where task.status = 'failed'
and (task.completed_at, task.id::text) < (coalesce($1::timestamptz, 'infinity'), coalesce($2::text, ''))
order by task.completed_at desc, task.id::text desc
limit 100
