-- title: How far back raw usage can be read
-- parameters: $1 first_day date, $2 last_day date, $3 zone text, $4 most integer
-- timeout: 1000ms
-- needs: task_usage(created_at)
-- columns: rows integer, first_whole_day date
-- why: An exact count that ends at one more than may be read, rather than an estimate that can be off by any
-- why: factor: steps along the index on created_at from the newest row of the span, and nothing of the table.
-- why: first_whole_day is the day after the one in which counting ended.
select
	count(*) as rows,
	(min(created_at) at time zone $3::text)::date + 1 as first_whole_day
from (
	select created_at
	from task_usage
	where created_at >= $1::date::timestamp at time zone $3::text - interval '3 hours'
		and created_at < ($2::date + 1)::timestamp at time zone $3::text + interval '3 hours'
	order by created_at desc
	limit $4::int + 1
) newest
