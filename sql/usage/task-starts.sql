-- title: Task starts by hour
-- parameters: $1 runtime uuid or null, $2 workspace uuid or null, $3 first_day date, $4 last_day date, $5 zone text, $6 is_folded boolean
-- timeout: 4000ms
-- max-rows: 1000
-- needs: agent_task_queue(agent_id, runtime_id, status, started_at, completed_at), agent(id, workspace_id)
-- columns: day date, hour integer, starts integer
-- why: Nothing on real instances is ordered by started_at, but whatever was started runs or has ended, and both
-- why: are found by time. A task that took over a week, or waits again after a start, is not counted. Only raw
-- why: tasks know when they started, to the minute: these hours are the clock's, also where the offset is no
-- why: whole hour. Days are folded as usage by hour is.
select
	$3::date + (((started.at)::date - $3::date) % case when $6::boolean then 7 else 1000 end) as day,
	extract(hour from started.at)::int as hour,
	count(*) as starts
from (
	select t.agent_id, t.runtime_id, t.started_at at time zone $5::text as at
	from agent_task_queue t
	where t.status in ('completed', 'failed', 'cancelled')
		and t.completed_at >= $3::date::timestamp at time zone $5::text - interval '3 hours'
		and t.completed_at < ($4::date + 1)::timestamp at time zone $5::text + interval '7 days'
	union all
	select t.agent_id, t.runtime_id, t.started_at at time zone $5::text
	from agent_task_queue t
	where t.status = 'running'
		and t.started_at >= $3::date::timestamp at time zone $5::text - interval '3 hours'
) started
where started.at::date between $3::date and $4::date
	and ($1::uuid is null or started.runtime_id = $1::uuid)
	and ($2::uuid is null or started.agent_id in (select id from agent where workspace_id = $2::uuid))
group by 1, 2
order by 1, 2
limit 1000
