-- title: How far back the hourly rollup can be read
-- parameters: $1 runtime uuid or null, $2 workspace uuid or null, $3 first_day date, $4 last_day date, $5 zone text, $6 most integer
-- timeout: 1000ms
-- needs: task_usage_hourly(bucket_hour, workspace_id, runtime_id)
-- columns: rows integer, first_whole_day date
-- why: As for raw usage, and along the indexes that begin with the runtime or the workspace where one is given.
select
	count(*) as rows,
	(min(bucket_hour) at time zone $5::text)::date + 1 as first_whole_day
from (
	select bucket_hour
	from task_usage_hourly
	where bucket_hour >= $3::date::timestamp at time zone $5::text - interval '3 hours'
		and bucket_hour < ($4::date + 1)::timestamp at time zone $5::text + interval '3 hours'
		and ($1::uuid is null or runtime_id = $1::uuid)
		and ($2::uuid is null or workspace_id = $2::uuid)
	order by bucket_hour desc
	limit $6::int + 1
) newest
