-- title: Tasks that run for more than 30 minutes, or were dispatched and never started
-- parameters: $1 after_at timestamptz or null, $2 after_id text or null
-- needs: agent_task_queue(id, status, started_at, dispatched_at, agent_id, runtime_id, chat_session_id, autopilot_run_id, issue_id, attempt, max_attempts), agent(id, name), agent_runtime(id, name, last_seen_at)
-- columns: id text, source text, status text, agent text, runtime text, seconds number, silent_seconds number, attempt integer, max_attempts integer, place text
-- why: Both kinds come through their partial index, a hundred of each at most; a dispatched task is stuck after
-- why: 60 s (it fails after five minutes unstarted), a running one after 30 minutes.
select
	task.id::text as id,
	case
		when task.chat_session_id is not null then 'chat'
		when task.autopilot_run_id is not null then 'autopilot'
		when task.issue_id is not null then 'issue'
		else 'other'
	end as source,
	task.status,
	left(agent.name, 100) as agent,
	left(runtime.name, 100) as runtime,
	extract(epoch from now() - task.since)::float8 as seconds,
	extract(epoch from now() - runtime.last_seen_at)::float8 as silent_seconds,
	task.attempt,
	task.max_attempts,
	task.since::text as place
from (
	(
		select
			id, status, agent_id, runtime_id, chat_session_id, autopilot_run_id, issue_id, attempt, max_attempts,
			started_at as since
		from agent_task_queue
		where status = 'running' and started_at < now() - interval '30 minutes'
		and (started_at, id::text) > (coalesce($1::timestamptz, '-infinity'), coalesce($2::text, ''))
		order by started_at, id::text
		limit 100
	)
	union all
	(
		select
			id, status, agent_id, runtime_id, chat_session_id, autopilot_run_id, issue_id, attempt, max_attempts,
			dispatched_at as since
		from agent_task_queue
		where status = 'dispatched' and started_at is null and dispatched_at < now() - interval '60 seconds'
		and (dispatched_at, id::text) > (coalesce($1::timestamptz, '-infinity'), coalesce($2::text, ''))
		order by dispatched_at, id::text
		limit 100
	)
) as task
left join agent on agent.id = task.agent_id
left join agent_runtime as runtime on runtime.id = task.runtime_id
order by task.since, task.id::text
limit 100
