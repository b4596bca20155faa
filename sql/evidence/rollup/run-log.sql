-- title: What tidemark's own ticks did
-- panel: rollups
-- needs: tidemark_rollup_runs(id, pipeline, outcome, started_at, finished_at, rows_touched, error_code, error_message)
-- columns: pipeline text, place integer, outcome text, started_seconds number, finished_seconds number, rows_touched integer, error_code text, error_message text
-- why: The log that comes with tidemark's own pipelines: every tick is in it, whoever called it.
select
	pipeline.name as pipeline,
	run.place,
	run.outcome,
	extract(epoch from now() - run.started_at)::float8 as started_seconds,
	extract(epoch from now() - run.finished_at)::float8 as finished_seconds,
	run.rows_touched,
	run.error_code,
	left(run.error_message, 300) as error_message
from unnest(array['hourly', 'daily', 'dashboard']) as pipeline (name)
cross join lateral (
	select *, row_number() over (order by id desc) as place
	from (
		select id, outcome, started_at, finished_at, rows_touched, error_code, error_message
		from tidemark_rollup_runs
		where tidemark_rollup_runs.pipeline = pipeline.name
		order by id desc
		limit 20
	) as newest
) as run
order by pipeline, place
limit 60
