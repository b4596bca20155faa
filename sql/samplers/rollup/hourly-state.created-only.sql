-- title: Hourly rollup
-- panel: rollups
-- needs: task_usage_hourly_rollup_state(id, watermark_at, last_run_started_at, last_run_finished_at, last_run_rows, last_error), task_usage(created_at)
-- columns: pipeline text, watermark_at timestamp, newest_usage_at timestamp, data_lag_seconds number, run_age_seconds number, last_run_started_at timestamp, last_run_finished_at timestamp, last_run_rows integer, last_error text, watermark_seconds number
-- metric: tidemark_rollup_data_lag_seconds
-- type: gauge
-- labels: pipeline
-- value: data_lag_seconds
-- help: How far the newest usage event is ahead of the pipeline's watermark; absent without any usage.
-- metric: tidemark_rollup_run_age_seconds
-- type: gauge
-- labels: pipeline
-- value: run_age_seconds
-- help: Time since the pipeline's last run finished; absent if it never ran.
-- metric: tidemark_rollup_watermark_timestamp_seconds
-- type: gauge
-- labels: pipeline
-- value: watermark_seconds
-- help: The pipeline's watermark, in seconds since the epoch.
-- why: For databases where task_usage has no updated_at yet: an event's time is created_at.
with usage as materialized (
	select max(created_at) as newest_usage_at from task_usage
)
select
	'hourly' as pipeline,
	watermark_at,
	newest_usage_at,
	case when newest_usage_at is not null then
		greatest(0, extract(epoch from newest_usage_at)::float8 - watermark_seconds)
	end as data_lag_seconds,
	extract(epoch from now() - last_run_finished_at)::float8 as run_age_seconds,
	last_run_started_at,
	last_run_finished_at,
	last_run_rows,
	left(last_error, 1000) as last_error,
	watermark_seconds
from task_usage_hourly_rollup_state
cross join lateral (select extract(epoch from watermark_at)::float8) as watermark (watermark_seconds)
cross join usage
where id = 1
