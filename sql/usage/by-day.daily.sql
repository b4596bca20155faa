-- title: Usage by day, from the daily rollup
-- parameters: $1 runtime uuid or null, $2 workspace uuid or null, $3 first day date, $4 last day date
-- columns: day date, provider text, model text, input_tokens integer, output_tokens integer, cache_read_tokens integer, cache_write_tokens integer, event_count integer
-- why: These are the days of the database's zone, whatever the viewer's: a day can't be cut anew.
select
	r.bucket_date as day,
	r.provider,
	r.model,
	sum(r.input_tokens)::bigint as input_tokens,
	sum(r.output_tokens)::bigint as output_tokens,
	sum(r.cache_read_tokens)::bigint as cache_read_tokens,
	sum(r.cache_write_tokens)::bigint as cache_write_tokens,
	sum(r.event_count)::bigint as event_count
from task_usage_daily r
where r.bucket_date between $3::date and $4::date
	and ($1::uuid is null or r.runtime_id = $1)
	and ($2::uuid is null or r.workspace_id = $2)
group by 1, 2, 3
order by 1, 2, 3
