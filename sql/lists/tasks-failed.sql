-- title: Tasks that failed last
-- parameters: $1 after_at timestamptz or null, $2 after_id text or null
-- max-rows: 101
-- needs: agent_task_queue(id, status, completed_at, started_at, agent_id, runtime_id, chat_session_id, autopilot_run_id, issue_id, attempt, max_attempts, failure_reason), agent(id, name), agent_runtime(id, name)
-- columns: id text, source text, agent text, runtime text, seconds number, ran_seconds number, attempt integer, max_attempts integer, reason text, place text, is_scan_end boolean
-- why: Out of the newest 5,000 finished tasks before the page's end, through the partial index on completed_at.
-- why: Where fewer than one in fifty fail, a page has less than a hundred, and there may be older ones: the last
-- why: row, is_scan_end, is then no failed task but the oldest that was looked at, and the next page goes on there.
with scanned as materialized (
	select
		id, status, completed_at, started_at, agent_id, runtime_id, chat_session_id, autopilot_run_id, issue_id, attempt, max_attempts, failure_reason
	from agent_task_queue
	where status in ('completed', 'failed', 'cancelled')
	and completed_at <= coalesce($1::timestamptz, 'infinity')
	and (completed_at, id::text) < (coalesce($1::timestamptz, 'infinity'), coalesce($2::text, ''))
	order by completed_at desc, id::text desc
	limit 5000
)
(
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
		task.completed_at::text as place,
		false as is_scan_end
	from scanned as task
	left join agent on agent.id = task.agent_id
	left join agent_runtime as runtime on runtime.id = task.runtime_id
	where task.status = 'failed'
	order by task.completed_at desc, task.id::text desc
	limit 100
)
union all
(
	select id::text, null, null, null, null, null, null, null, null, completed_at::text, true
	from scanned
	where (select count(*) from scanned) = 5000
	order by completed_at, id::text
	limit 1
)
order by is_scan_end, seconds, id desc
