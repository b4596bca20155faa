-- title: Tasks created and finished
-- panel: tasks
-- needs: agent_task_queue(status, created_at, dispatched_at, started_at, completed_at)
-- columns: created integer, finished integer, failed integer
-- why: Counts of the last 60 s. Nothing indexes created_at alone; but a task created inside the window
-- why: is still queued, or was dispatched, started or finished inside it too, and each of these four has
-- why: a partial index. A task in waiting_local_directory or deferred has none: it counts when it moves on.
with born as (
	select created_at from agent_task_queue
	where status = 'queued' and created_at > now() - interval '1 minute'
	union all
	select created_at from agent_task_queue
	where status = 'dispatched' and started_at is null
	union all
	select created_at from agent_task_queue
	where status = 'running' and started_at > now() - interval '1 minute'
	union all
	select created_at from agent_task_queue
	where status in ('completed', 'failed', 'cancelled') and completed_at > now() - interval '1 minute'
),
ended as (
	select status from agent_task_queue
	where status in ('completed', 'failed', 'cancelled') and completed_at > now() - interval '1 minute'
)
select
	(select count(*) from born where created_at > now() - interval '1 minute') as created,
	(select count(*) from ended) as finished,
	(select count(*) from ended where status = 'failed') as failed
