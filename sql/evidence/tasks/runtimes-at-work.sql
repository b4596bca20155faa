-- title: Runtimes that hold tasks
-- panel: tasks
-- max-rows: 201
-- needs: agent_task_queue(status, created_at, dispatched_at, started_at, runtime_id), agent_runtime(id, name, runtime_mode, provider, last_seen_at)
-- columns: runtime_id text, name text, runtime_mode text, provider text, silent_seconds number, running integer, oldest_running_seconds number, dispatched integer, oldest_dispatched_seconds number, queued integer, oldest_queued_seconds number, silent_runtimes integer, silent_running integer
-- why: Three branches, because each status has a partial index of its own; what they hold is the work in
-- why: hand and no history. A runtime that was never seen has been silent since its oldest task. The two
-- why: totals at the end are over all runtimes, and not only those that the limits let through: of the silent
-- why: ones and of the others the hundred that hold most. Tasks that name no runtime are one row more.
with work as (
	select runtime_id, 'running' as state, started_at as since_at
	from agent_task_queue where status = 'running'
	union all
	select runtime_id, 'dispatched', dispatched_at
	from agent_task_queue where status = 'dispatched' and started_at is null
	union all
	select runtime_id, 'queued', created_at
	from agent_task_queue where status = 'queued'
),
held as (
	select
		runtime_id,
		count(*) filter (where state = 'running') as running,
		min(since_at) filter (where state = 'running') as running_at,
		count(*) filter (where state = 'dispatched') as dispatched,
		min(since_at) filter (where state = 'dispatched') as dispatched_at,
		count(*) filter (where state = 'queued') as queued,
		min(since_at) filter (where state = 'queued') as queued_at,
		min(since_at) as oldest_at
	from work
	group by runtime_id
),
judged as (
	select
		held.*,
		runtime.name,
		runtime.runtime_mode,
		runtime.provider,
		known.silent_seconds,
		row_number() over (
			partition by known.silent_seconds > 150
			order by held.running + held.dispatched + held.queued desc, held.runtime_id
		) as place
	from held
	left join agent_runtime as runtime on runtime.id = held.runtime_id
	cross join lateral (
		select case when runtime.id is not null then
			greatest(0, extract(epoch from now() - coalesce(runtime.last_seen_at, held.oldest_at)))
		end::float8 as silent_seconds
	) as known
	where runtime.id is not null or held.runtime_id is null
),
total as (
	select
		count(*) filter (where silent_seconds > 150) as silent_runtimes,
		coalesce(sum(running) filter (where silent_seconds > 150), 0)::bigint as silent_running
	from judged
)
select
	runtime_id::text as runtime_id,
	left(name, 100) as name,
	left(runtime_mode, 40) as runtime_mode,
	left(provider, 40) as provider,
	silent_seconds,
	running,
	extract(epoch from now() - running_at)::float8 as oldest_running_seconds,
	dispatched,
	extract(epoch from now() - dispatched_at)::float8 as oldest_dispatched_seconds,
	queued,
	extract(epoch from now() - queued_at)::float8 as oldest_queued_seconds,
	total.silent_runtimes,
	total.silent_running
from judged
cross join total
where place <= 100
order by silent_seconds > 150 desc nulls last, place
limit 201
