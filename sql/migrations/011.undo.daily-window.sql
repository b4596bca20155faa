drop function rollup_task_usage_daily_buckets(date, date);
drop function rollup_task_usage_daily_window(timestamptz, timestamptz);
drop function tidemark_daily_window(timestamptz, timestamptz, timestamptz);
drop function tidemark_daily_rebuild_keys(tidemark_daily_key[]);
drop function tidemark_daily_rebuild_days(date, date);
drop function tidemark_daily_take(timestamptz);
