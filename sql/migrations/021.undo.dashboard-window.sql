drop function rollup_task_usage_dashboard_daily_buckets(date, date);
drop function rollup_task_usage_dashboard_daily_window(timestamptz, timestamptz);
drop function tidemark_dashboard_window(timestamptz, timestamptz, timestamptz);
drop function tidemark_dashboard_rebuild_keys(tidemark_dashboard_key[]);
drop function tidemark_dashboard_rebuild_days(date, date);
drop function tidemark_dashboard_take(timestamptz);
