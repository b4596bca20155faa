-- title: How many tasks have to be read for their starts
-- parameters: $1 first_day date, $2 last_day date, $3 zone text, $4 most integer
-- timeout: 1000ms
-- needs: agent_task_queue(status, completed_at)
-- columns: rows integer
-- why: Counts along the index on completed_at, and no further than one more than may be read.
select count(*) as rows
from (
	select
	from agent_task_queue
	where status in ('completed', 'failed', 'cancelled')
		and completed_at >= $1::date::timestamp at time zone $3::text - interval '3 hours'
		and completed_at < ($2::date + 1)::timestamp at time zone $3::text + interval '7 days'
	limit $4::int + 1
) finished
