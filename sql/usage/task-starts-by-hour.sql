-- title: Task starts by hour of the day
-- parameters: $1 runtime uuid or null, $2 workspace uuid or null, $3 first day date, $4 last day date, $5 zone text
-- columns: hour integer, starts integer
-- why: Only raw tasks know when they started. One runtime or one workspace is found through an index; with
-- why: neither given every task is read, since nothing on real instances is ordered by started_at.
-- why: All 24 hours come, empty ones with 0; the hour that a clock is put back over counts twice.
select
	h.hour,
	count(started.at) as starts
from generate_series(0, 23) as h (hour)
left join (
	select t.started_at at time zone $5 as at
	from agent_task_queue t
	join agent a on a.id = t.agent_id
	where t.started_at >= $3::date::timestamp at time zone $5 - interval '3 hours'
		and t.started_at < ($4::date + 1)::timestamp at time zone $5 + interval '3 hours'
		and (t.started_at at time zone $5)::date between $3::date and $4::date
		and ($1::uuid is null or t.runtime_id = $1)
		and ($2::uuid is null or a.workspace_id = $2)
) started on extract(hour from started.at) = h.hour
group by h.hour
order by h.hour
