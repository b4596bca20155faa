-- title: Usage by model, from the daily rollup
-- parameters: $1 runtime uuid or null, $2 workspace uuid or null, $3 first_day date, $4 last_day date
-- timeout: 4000ms
-- max-rows: 100
-- needs: task_usage_daily(bucket_date, workspace_id, runtime_id, provider, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, event_count)
-- columns: provider text, model text, input_tokens integer, output_tokens integer, cache_read_tokens integer, cache_write_tokens integer, event_count integer
-- why: These are the days of the database's zone, or of each runtime's, whatever the viewer's: a day can't be cut
-- why: anew.
-- why: The hundred greatest; what all of them come to is in the query by day.
select
	r.provider,
	r.model,
	sum(r.input_tokens) as input_tokens,
	sum(r.output_tokens) as output_tokens,
	sum(r.cache_read_tokens) as cache_read_tokens,
	sum(r.cache_write_tokens) as cache_write_tokens,
	sum(r.event_count) as event_count
from task_usage_daily r
where r.bucket_date between $3::date and $4::date
	and ($1::uuid is null or r.runtime_id = $1::uuid)
	and ($2::uuid is null or r.workspace_id = $2::uuid)
group by 1, 2
order by sum(r.input_tokens) + sum(r.output_tokens) + sum(r.cache_read_tokens) + sum(r.cache_write_tokens) desc, 1, 2
limit 100
