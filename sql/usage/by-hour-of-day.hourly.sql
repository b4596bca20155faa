-- title: Usage by hour of the day, from the hourly rollup
-- parameters: $1 runtime uuid or null, $2 workspace uuid or null, $3 first day date, $4 last day date, $5 zone text
-- columns: hour integer, input_tokens integer, output_tokens integer, cache_read_tokens integer, cache_write_tokens integer, event_count integer
-- why: The days are the viewer's. An event belongs to the day (and the hour) in which its UTC hour begins, so
-- why: that raw usage and the hourly rollup give the same answer in every zone; where the offset is no whole
-- why: hour, the part of an hour before midnight may so count for the day before. The margin of three hours
-- why: lets the index find the rows; the comparison of local dates decides, on days of 23 and 25 hours too.
-- why: All 24 hours come, empty ones with 0.
select
	h.hour,
	coalesce(used.input_tokens, 0) as input_tokens,
	coalesce(used.output_tokens, 0) as output_tokens,
	coalesce(used.cache_read_tokens, 0) as cache_read_tokens,
	coalesce(used.cache_write_tokens, 0) as cache_write_tokens,
	coalesce(used.event_count, 0) as event_count
from generate_series(0, 23) as h (hour)
left join (
	select
		extract(hour from r.bucket_hour at time zone $5)::int as hour,
		sum(r.input_tokens)::bigint as input_tokens,
		sum(r.output_tokens)::bigint as output_tokens,
		sum(r.cache_read_tokens)::bigint as cache_read_tokens,
		sum(r.cache_write_tokens)::bigint as cache_write_tokens,
		sum(r.event_count)::bigint as event_count
	from task_usage_hourly r
	where r.bucket_hour >= $3::date::timestamp at time zone $5 - interval '3 hours'
		and r.bucket_hour < ($4::date + 1)::timestamp at time zone $5 + interval '3 hours'
		and (r.bucket_hour at time zone $5)::date between $3::date and $4::date
		and ($1::uuid is null or r.runtime_id = $1)
		and ($2::uuid is null or r.workspace_id = $2)
	group by 1
) used using (hour)
order by h.hour
