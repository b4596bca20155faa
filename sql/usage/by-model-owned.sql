-- title: Usage by model, from raw usage, task by task
-- parameters: $1 runtime uuid or null, $2 workspace uuid or null, $3 first_day date, $4 last_day date, $5 zone text, $6 is_exact boolean
-- timeout: 4000ms
-- max-rows: 100
-- needs: task_usage(task_id, provider, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, created_at), agent_task_queue(id, agent_id, runtime_id), agent(id, workspace_id)
-- columns: provider text, model text, input_tokens integer, output_tokens integer, cache_read_tokens integer, cache_write_tokens integer, event_count integer
-- why: The days are the viewer's. An event belongs to the day (and the hour) in which its UTC hour begins, so
-- why: that raw usage and the hourly rollup give the same answer in every zone; where the offset is no whole
-- why: hour, the part of an hour before midnight may so count for the day before. The comparison of local
-- why: dates decides, on days of 23 and 25 hours too.
-- why: Beside the daily rollup, which cuts days to the minute, it is exact.
-- why: For one runtime or workspace, whose tasks the index on (runtime_id, id) or (agent_id, id) has, and each task's
-- why: usage that on task_id: what others used in the span is never read. reach-tasks has counted the tasks.
-- why: The hundred greatest; what all of them come to is in the query by day.
select
	u.provider,
	u.model,
	sum(u.input_tokens) as input_tokens,
	sum(u.output_tokens) as output_tokens,
	sum(u.cache_read_tokens) as cache_read_tokens,
	sum(u.cache_write_tokens) as cache_write_tokens,
	count(*) as event_count
from (
	select id, agent_id
	from agent_task_queue
	where $1::uuid is not null and runtime_id = $1::uuid
	union all
	select of_agent.id, a.id
	from agent a
	cross join lateral (select id, runtime_id from agent_task_queue where agent_id = a.id offset 0) of_agent
	where $1::uuid is null and a.workspace_id = $2::uuid and of_agent.runtime_id is not null
) t
cross join lateral (
	select provider, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, created_at
	from task_usage
	where task_id = t.id
	offset 0
) u
where (date_trunc(case when $6::boolean then 'minute' else 'hour' end, u.created_at, 'UTC') at time zone $5::text)::date between $3::date and $4::date
group by 1, 2
order by sum(u.input_tokens) + sum(u.output_tokens) + sum(u.cache_read_tokens) + sum(u.cache_write_tokens) desc, 1, 2
limit 100
