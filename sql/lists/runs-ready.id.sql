-- title: Runs that have been ready longest
-- parameters: $1 after_at timestamptz or null, $2 after_id text or null
-- needs: runs(id, status, run_at, queued_at)
-- columns: id text, seconds number, ready_seconds number, place text, met integer
-- why: Of the runs in status QUEUED, as the sampler of their number reads them: through the index on status; at most
-- why: 20,000 of them. Without that bound the order would be had by walking all of the past in the index on queued_at.
select
	id,
	extract(epoch from now() - queued_at)::float8 as seconds,
	extract(epoch from now() - run_at)::float8 as ready_seconds,
	queued_at::text as place,
	met
from (
	select *, count(*) over () as met
	from (
		select id::text as id, queued_at, run_at
		from runs
		where status = (enum_range((null::runs).status))[
			array_position(enum_range((null::runs).status)::text::text[], 'QUEUED')
		]
		limit 20000
	) as queued
) as queued
where run_at <= now()
and (queued_at, id) > (coalesce($1::timestamptz, '-infinity'), coalesce($2::text, ''))
order by queued_at, id
limit 100
