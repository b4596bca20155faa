-- title: The last runs of each pipeline, as tidemark's own ticks log them
-- needs: tidemark_rollup_runs(id, pipeline, outcome, started_at, finished_at, rows_touched, error_message)
-- columns: pipeline text, place integer, outcome text, seconds number, took_seconds number, rows_touched integer, message text
-- why: Every tick is in it, whoever called it; the index on (pipeline, id) has the newest of each.
select
	pipeline.name as pipeline,
	run.place,
	left(run.outcome, 40) as outcome,
	extract(epoch from now() - run.started_at)::float8 as seconds,
	extract(epoch from run.finished_at - run.started_at)::float8 as took_seconds,
	run.rows_touched,
	left(run.error_message, 300) as message
from unnest(array['hourly', 'daily', 'dashboard']) as pipeline (name)
cross join lateral (
	select *, row_number() over (order by id desc) as place
	from (
		select id, outcome, started_at, finished_at, rows_touched, error_message
		from tidemark_rollup_runs
		where tidemark_rollup_runs.pipeline = pipeline.name
		order by id desc
		limit 30
	) as newest
) as run
order by pipeline, place
limit 100
