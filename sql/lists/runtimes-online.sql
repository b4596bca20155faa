-- title: Runtimes that are heard, the oldest heartbeat first
-- parameters: $1 after_at timestamptz or null, $2 after_id text or null
-- needs: agent_runtime(id, name, provider, runtime_mode, last_seen_at), agent_task_queue(status, runtime_id, started_at)
-- columns: id text, runtime text, provider text, runtime_mode text, silent_seconds number, running integer, dispatched integer, place text
-- why: Through the index on last_seen_at. A page that was left may show a runtime again: its heartbeat moves it.
with held as (
	select runtime_id, count(*) filter (where not is_waiting) as running, count(*) filter (where is_waiting) as dispatched
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
	group by runtime_id
)
select
	runtime.id::text as id,
	left(runtime.name, 100) as runtime,
	left(runtime.provider, 40) as provider,
	left(runtime.runtime_mode, 40) as runtime_mode,
	extract(epoch from now() - runtime.last_seen_at)::float8 as silent_seconds,
	coalesce(held.running, 0) as running,
	coalesce(held.dispatched, 0) as dispatched,
	runtime.last_seen_at::text as place
from (
	select id, name, provider, runtime_mode, last_seen_at
	from agent_runtime
	where last_seen_at >= now() - interval '105 seconds'
	and (last_seen_at, id::text) > (coalesce($1::timestamptz, '-infinity'), coalesce($2::text, ''))
	order by last_seen_at, id::text
	limit 100
) as runtime
left join held on held.runtime_id = runtime.id
order by runtime.last_seen_at, runtime.id::text
