-- title: Tasks that one runtime holds
-- parameters: $1 runtime uuid, $2 after_at timestamptz or null, $3 after_id text or null
-- needs: agent_task_queue(id, status, started_at, dispatched_at, runtime_id, agent_id, chat_session_id, autopilot_run_id, issue_id, attempt, max_attempts), agent(id, name), agent_runtime(id, last_seen_at)
-- columns: id text, status text, source text, agent text, seconds number, silent_seconds number, attempt integer, max_attempts integer, place text
-- why: Of all that is at work, off the partial indexes: by runtime alone its whole history would be read.
select
	task.id::text as id,
	task.status,
	case
		when task.chat_session_id is not null then 'chat'
		when task.autopilot_run_id is not null then 'autopilot'
		when task.issue_id is not null then 'issue'
		else 'other'
	end as source,
	left(agent.name, 100) as agent,
	extract(epoch from now() - task.since)::float8 as seconds,
	extract(epoch from now() - runtime.last_seen_at)::float8 as silent_seconds,
	task.attempt,
	task.max_attempts,
	task.since::text as place
from (
	(
		select id, status, agent_id, runtime_id, chat_session_id, autopilot_run_id, issue_id, attempt, max_attempts, started_at as since
		from agent_task_queue
		where status = 'running'
		limit 20000
	)
	union all
	(
		select id, status, agent_id, runtime_id, chat_session_id, autopilot_run_id, issue_id, attempt, max_attempts, dispatched_at
		from agent_task_queue
		where status = 'dispatched' and started_at is null
		limit 20000
	)
) as task
left join agent on agent.id = task.agent_id
left join agent_runtime as runtime on runtime.id = task.runtime_id
where task.runtime_id = $1
and (task.since, task.id::text) > (coalesce($2::timestamptz, '-infinity'), coalesce($3::text, ''))
order by task.since, task.id::text
limit 100
