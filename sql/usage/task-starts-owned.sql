-- title: Task starts of one runtime or workspace by hour
-- parameters: $1 runtime uuid or null, $2 workspace uuid or null, $3 first_day date, $4 last_day date, $5 zone text, $6 is_folded boolean
-- timeout: 4000ms
-- max-rows: 1000
-- needs: agent_task_queue(agent_id, runtime_id, status, started_at, completed_at), agent(id, workspace_id)
-- columns: day date, hour integer, starts integer
-- why: By the subject's tasks, which the index on (runtime_id, id) or (agent_id, id) has; reach-tasks has counted
-- why: them. Only raw tasks know when they started, to the minute: these hours are the clock's, also where the offset
-- why: is no whole hour. Days are folded as usage by hour is.
select
	$3::date + (((started.at)::date - $3::date) % case when $6::boolean then 7 else 1000 end) as day,
	extract(hour from started.at)::int as hour,
	count(*) as starts
from (
	select t.started_at at time zone $5::text as at
	from agent_task_queue t
	where $1::uuid is not null and t.runtime_id = $1::uuid
		and t.status in ('completed', 'failed', 'cancelled', 'running')
	union all
	select t.started_at at time zone $5::text
	from agent a
	cross join lateral (select started_at, status from agent_task_queue where agent_id = a.id offset 0) t
	where $1::uuid is null and a.workspace_id = $2::uuid
		and t.status in ('completed', 'failed', 'cancelled', 'running')
) started
where started.at::date between $3::date and $4::date
group by 1, 2
order by 1, 2
limit 1000
