-- title: Running tasks and the silence of their runtimes
-- panel: tasks
-- needs: agent_task_queue(status, started_at, runtime_id), agent_runtime(id, last_seen_at)
-- columns: on_silent_runtime integer, silent_runtimes integer, longest_silence_seconds number, without_runtime integer, over_thirty_minutes integer
-- metric: tidemark_task_orphaned
-- type: gauge
-- value: on_silent_runtime
-- help: Running tasks whose runtime has not been seen for 150 s.
-- metric: tidemark_task_longest_silence_seconds
-- type: gauge
-- value: longest_silence_seconds
-- help: Longest silence of a runtime that still holds a running task; absent where none is silent.
-- why: Silent is 150 s, when the product stops giving work to a runtime. One that was never seen counts
-- why: as silent since its task started. over_thirty_minutes are long tasks on live runtimes: shown,
-- why: no cause for alarm. The two groups and without_runtime don't overlap.
with running as (
	select
		task.started_at,
		task.runtime_id,
		runtime.id is null as has_no_runtime,
		coalesce(runtime.last_seen_at, task.started_at) as heard_at
	from agent_task_queue as task
	left join agent_runtime as runtime on runtime.id = task.runtime_id
	where task.status = 'running'
),
judged as (
	select *, not has_no_runtime and heard_at < now() - interval '150 seconds' as is_silent
	from running
)
select
	count(*) filter (where is_silent) as on_silent_runtime,
	count(distinct runtime_id) filter (where is_silent) as silent_runtimes,
	extract(epoch from now() - min(heard_at) filter (where is_silent))::float8 as longest_silence_seconds,
	count(*) filter (where has_no_runtime) as without_runtime,
	count(*) filter (
		where not has_no_runtime and is_silent is not true and started_at < now() - interval '30 minutes'
	) as over_thirty_minutes
from judged
