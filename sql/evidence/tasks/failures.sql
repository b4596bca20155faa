-- title: What failed in the last 15 minutes
-- panel: tasks
-- needs: agent_task_queue(status, completed_at, failure_reason, attempt, runtime_id), agent_runtime(id, name, provider)
-- columns: reason text, runtime_id text, name text, provider text, failed integer, retried integer, first_seconds number, last_seconds number, of_reason integer, runtimes_of_reason integer, of_runtime integer, finished_of_runtime integer, busy_runtimes integer, failing_runtimes integer, finished integer, failed_in_all integer
-- why: The newest 5,000 finished tasks through the partial index on completed_at: where more finish in a
-- why: quarter of an hour, the window is shorter. A failure without a reason counts as one called unknown.
-- why: Some versions count attempts from 0, others from 1: the column's default is that of a first one.
-- why: busy_runtimes are those that finished at least 5; failing_runtimes are busy and failed nine of ten.
with counted as materialized (
	select coalesce(
		(
			select substring(pg_get_expr(adbin, adrelid) from '^\d+$')::int
			from pg_attrdef
			join pg_attribute on attrelid = adrelid and attnum = adnum
			where adrelid = to_regclass('agent_task_queue') and attname = 'attempt'
		),
		1
	) as first_attempt
),
ended as (
	select
		runtime_id,
		status = 'failed' as has_failed,
		coalesce(nullif(btrim(failure_reason), ''), 'unknown') as reason,
		attempt,
		completed_at
	from agent_task_queue
	where status in ('completed', 'failed', 'cancelled') and completed_at > now() - interval '15 minutes'
	order by completed_at desc
	limit 5000
),
by_runtime as (
	select runtime_id, count(*) as finished, count(*) filter (where has_failed) as failed
	from ended
	group by runtime_id
),
total as (
	select
		coalesce(sum(finished), 0)::bigint as finished,
		coalesce(sum(failed), 0)::bigint as failed,
		count(*) filter (where finished >= 5) as busy,
		count(*) filter (where finished >= 5 and failed >= 0.9 * finished) as failing
	from by_runtime
),
pairs as (
	select
		left(reason, 100) as reason,
		runtime_id,
		count(*) as failed,
		count(*) filter (where attempt > (select first_attempt from counted)) as retried,
		min(completed_at) as first_at,
		max(completed_at) as last_at
	from ended
	where has_failed
	group by left(reason, 100), runtime_id
)
select
	pairs.reason,
	pairs.runtime_id::text as runtime_id,
	left(runtime.name, 100) as name,
	left(runtime.provider, 40) as provider,
	pairs.failed,
	pairs.retried,
	extract(epoch from now() - pairs.first_at)::float8 as first_seconds,
	extract(epoch from now() - pairs.last_at)::float8 as last_seconds,
	(sum(pairs.failed) over (partition by pairs.reason))::bigint as of_reason,
	count(*) over (partition by pairs.reason) as runtimes_of_reason,
	by_runtime.failed as of_runtime,
	by_runtime.finished as finished_of_runtime,
	total.busy as busy_runtimes,
	total.failing as failing_runtimes,
	total.finished,
	total.failed as failed_in_all
from pairs
join by_runtime on by_runtime.runtime_id is not distinct from pairs.runtime_id
left join agent_runtime as runtime on runtime.id = pairs.runtime_id
cross join total
order by pairs.failed desc, pairs.reason, runtime_id
limit 100
