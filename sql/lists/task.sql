-- title: One task
-- parameters: $1 id uuid
-- needs: agent_task_queue(id, agent_id, runtime_id, issue_id, chat_session_id, autopilot_run_id, status, attempt, max_attempts, created_at, dispatched_at, started_at, completed_at, failure_reason), agent(id, name, workspace_id), agent_runtime(id, name, provider, runtime_mode, last_seen_at)
-- columns: id text, status text, agent_id text, agent text, workspace_id text, runtime_id text, runtime text, provider text, runtime_mode text, silent_seconds number, issue_id text, chat_session_id text, autopilot_run_id text, attempt integer, max_attempts integer, created_at timestamp, dispatched_at timestamp, started_at timestamp, completed_at timestamp, waited_seconds number, ran_seconds number, failure_reason text
-- why: The comparison takes the parameter for what the column is, so the primary key has it.
select
	task.id::text as id,
	task.status,
	task.agent_id::text as agent_id,
	left(agent.name, 200) as agent,
	agent.workspace_id::text as workspace_id,
	task.runtime_id::text as runtime_id,
	left(runtime.name, 200) as runtime,
	left(runtime.provider, 40) as provider,
	left(runtime.runtime_mode, 40) as runtime_mode,
	extract(epoch from now() - runtime.last_seen_at)::float8 as silent_seconds,
	task.issue_id::text as issue_id,
	task.chat_session_id::text as chat_session_id,
	task.autopilot_run_id::text as autopilot_run_id,
	task.attempt,
	task.max_attempts,
	task.created_at,
	task.dispatched_at,
	task.started_at,
	task.completed_at,
	extract(epoch from coalesce(task.started_at, task.completed_at, now()) - task.created_at)::float8 as waited_seconds,
	extract(epoch from coalesce(task.completed_at, now()) - task.started_at)::float8 as ran_seconds,
	left(task.failure_reason, 500) as failure_reason
from agent_task_queue as task
left join agent on agent.id = task.agent_id
left join agent_runtime as runtime on runtime.id = task.runtime_id
where task.id = $1
