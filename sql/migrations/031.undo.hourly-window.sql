drop function rollup_task_usage_hourly_buckets(timestamptz, timestamptz);
drop function rollup_task_usage_hourly_window(timestamptz, timestamptz);
drop function tidemark_hourly_window(timestamptz, timestamptz, timestamptz);
drop function tidemark_hourly_rebuild_keys(tidemark_hourly_key[]);
drop function tidemark_hourly_rebuild_hours(timestamptz, timestamptz);
drop function tidemark_hourly_take(timestamptz);
