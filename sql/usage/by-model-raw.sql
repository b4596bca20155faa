-- title: Usage by model, from raw usage
-- parameters: $1 runtime uuid or null, $2 workspace uuid or null, $3 first_day date, $4 last_day date, $5 zone text, $6 is_exact boolean
-- timeout: 4000ms
-- max-rows: 100
-- needs: task_usage(task_id, provider, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, created_at), agent_task_queue(id, agent_id, runtime_id), agent(id, workspace_id)
-- columns: provider text, model text, input_tokens integer, output_tokens integer, cache_read_tokens integer, cache_write_tokens integer, event_count integer
-- why: The days are the viewer's. An event belongs to the day (and the hour) in which its UTC hour begins, so
-- why: that raw usage and the hourly rollup give the same answer in every zone; where the offset is no whole
-- why: hour, the part of an hour before midnight may so count for the day before. The margin of three hours
-- why: lets the index find the rows; the comparison of local dates decides, on days of 23 and 25 hours too.
-- why: Beside the daily rollup, which cuts days to the minute, it is exact.
-- why: Each task is looked up by its key: joined, a long table of tasks could be read whole for a short span.
-- why: The hundred greatest; what all of them come to is in the query by day.
select
	u.provider,
	u.model,
	sum(u.input_tokens) as input_tokens,
	sum(u.output_tokens) as output_tokens,
	sum(u.cache_read_tokens) as cache_read_tokens,
	sum(u.cache_write_tokens) as cache_write_tokens,
	count(*) as event_count
from task_usage u
cross join lateral (select agent_id, runtime_id from agent_task_queue where id = u.task_id offset 0) t
where u.created_at >= $3::date::timestamp at time zone $5::text - interval '3 hours'
	and u.created_at < ($4::date + 1)::timestamp at time zone $5::text + interval '3 hours'
	and (date_trunc(case when $6::boolean then 'minute' else 'hour' end, u.created_at, 'UTC') at time zone $5::text)::date between $3::date and $4::date
	and t.runtime_id is not null
	and ($1::uuid is null or t.runtime_id = $1::uuid)
	and ($2::uuid is null or t.agent_id in (select id from agent where workspace_id = $2::uuid))
group by 1, 2
order by sum(u.input_tokens) + sum(u.output_tokens) + sum(u.cache_read_tokens) + sum(u.cache_write_tokens) desc, 1, 2
limit 100
