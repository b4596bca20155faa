-- title: Usage by hour, from the hourly rollup
-- parameters: $1 runtime uuid or null, $2 workspace uuid or null, $3 first_day date, $4 last_day date, $5 zone text, $6 is_folded boolean
-- timeout: 4000ms
-- max-rows: 1000
-- needs: task_usage_hourly(bucket_hour, workspace_id, runtime_id, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, event_count)
-- columns: day date, hour integer, input_tokens integer, output_tokens integer, cache_read_tokens integer, cache_write_tokens integer, event_count integer
-- why: The days are the viewer's. An event belongs to the day (and the hour) in which its UTC hour begins, so
-- why: that raw usage and the hourly rollup give the same answer in every zone; where the offset is no whole
-- why: hour, the part of an hour before midnight may so count for the day before. The margin of three hours
-- why: lets the index find the rows; the comparison of local dates decides, on days of 23 and 25 hours too.
-- why: A row is an hour of a day, or, where the days are folded, of a day of the week: that of the first such
-- why: day in the span. The hour that a clock is put back over is one row with the usage of both.
select
	$3::date + (((r.bucket_hour at time zone $5::text)::date - $3::date) % case when $6::boolean then 7 else 1000 end) as day,
	extract(hour from r.bucket_hour at time zone $5::text)::int as hour,
	sum(r.input_tokens) as input_tokens,
	sum(r.output_tokens) as output_tokens,
	sum(r.cache_read_tokens) as cache_read_tokens,
	sum(r.cache_write_tokens) as cache_write_tokens,
	sum(r.event_count) as event_count
from task_usage_hourly r
where r.bucket_hour >= $3::date::timestamp at time zone $5::text - interval '3 hours'
	and r.bucket_hour < ($4::date + 1)::timestamp at time zone $5::text + interval '3 hours'
	and (r.bucket_hour at time zone $5::text)::date between $3::date and $4::date
	and ($1::uuid is null or r.runtime_id = $1::uuid)
	and ($2::uuid is null or r.workspace_id = $2::uuid)
group by 1, 2
order by 1, 2
limit 1000
