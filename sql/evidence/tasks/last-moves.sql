-- title: When tasks last moved
-- panel: tasks
-- needs: agent_task_queue(status, created_at, dispatched_at, started_at, completed_at, runtime_id)
-- columns: dispatched_seconds number, started_seconds number, finished_seconds number, freed_seconds number, created_last_minutes integer, started_last_minutes integer, minutes number
-- why: Nothing indexes dispatched_at by itself. The last hand-out is among the tasks that wait to start,
-- why: that started last, or that ended last: each of these comes off a partial index. A task handed out,
-- why: started and ended between hundred others is not looked for. freed is the last time that a runtime was
-- why: done with a task while another waited for it.
with ended as materialized (
	select runtime_id, dispatched_at, started_at, completed_at from agent_task_queue
	where status in ('completed', 'failed', 'cancelled') and completed_at is not null
	order by completed_at desc limit 100
),
handed_out as (
	select max(dispatched_at) as at from agent_task_queue where status = 'dispatched' and started_at is null
	union all
	select max(dispatched_at) from (
		select dispatched_at from agent_task_queue where status = 'running' and started_at is not null
		order by started_at desc limit 100
	) as started
	union all
	select max(dispatched_at) from ended
)
select
	extract(epoch from now() - (select max(at) from handed_out))::float8 as dispatched_seconds,
	extract(epoch from now() - (select max(started_at) from agent_task_queue where status = 'running'))::float8
		as started_seconds,
	extract(epoch from now() - (
		select max(completed_at) from agent_task_queue where status in ('completed', 'failed', 'cancelled')
	))::float8 as finished_seconds,
	extract(epoch from now() - (
		select max(ended.completed_at)
		from ended
		join (
			select runtime_id, min(created_at) as at from agent_task_queue where status = 'queued' group by runtime_id
		) as waiting on waiting.runtime_id = ended.runtime_id and waiting.at < ended.completed_at
		where ended.started_at is not null
	))::float8 as freed_seconds,
	(select count(*) from (
		select from agent_task_queue where status = 'queued' and created_at > now() - interval '5 minutes' limit 100000
	) as fresh) as created_last_minutes,
	(select count(*) from (
		select from agent_task_queue where status = 'running' and started_at > now() - interval '5 minutes' limit 100000
	) as fresh) as started_last_minutes,
	5::float8 as minutes
