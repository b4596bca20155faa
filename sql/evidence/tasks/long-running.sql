-- title: Tasks that run longest
-- panel: tasks
-- needs: agent_task_queue(id, status, started_at, runtime_id), agent_runtime(id, name, last_seen_at)
-- columns: task_id text, runtime text, running_seconds number, silent_seconds number
-- why: The ten oldest off the partial index on running tasks.
select
	task.id::text as task_id,
	left(runtime.name, 100) as runtime,
	extract(epoch from now() - task.started_at)::float8 as running_seconds,
	extract(epoch from now() - runtime.last_seen_at)::float8 as silent_seconds
from (
	select id, started_at, runtime_id from agent_task_queue
	where status = 'running' and started_at < now() - interval '30 minutes'
	order by started_at limit 200
) as task
join agent_runtime as runtime on runtime.id = task.runtime_id
where runtime.last_seen_at > now() - interval '150 seconds'
order by task.started_at
limit 10
