-- title: One runtime
-- parameters: $1 id uuid
-- needs: agent_runtime(id, name, provider, runtime_mode, last_seen_at), agent_task_queue(status, runtime_id, started_at)
-- columns: id text, runtime text, provider text, runtime_mode text, silent_seconds number, running integer, dispatched integer
-- why: Through the primary key. Tasks held are counted off the partial indexes on what is at work: by runtime alone
-- why: its whole history would be read.
select
	runtime.id::text as id,
	left(runtime.name, 100) as runtime,
	left(runtime.provider, 40) as provider,
	left(runtime.runtime_mode, 40) as runtime_mode,
	extract(epoch from now() - runtime.last_seen_at)::float8 as silent_seconds,
	held.running,
	held.dispatched
from agent_runtime as runtime
cross join (
	select count(*) filter (where not is_waiting) as running, count(*) filter (where is_waiting) as dispatched
	from (
		(select runtime_id, false as is_waiting from agent_task_queue where status = 'running' limit 20000)
		union all
		(
			select runtime_id, true
			from agent_task_queue
			where status = 'dispatched' and started_at is null
			limit 20000
		)
	) as at_work
	where runtime_id = $1
) as held
where runtime.id = $1
