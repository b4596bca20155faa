-- title: Whose days the daily rollup has
-- needs: task_usage_daily(bucket_date), task_usage_rollup_state(id, time_zone)
-- columns: owner text, zone text
-- why: tidemark's own pipeline keeps the zone of its days beside the watermark.
select 'database' as owner, time_zone as zone from task_usage_rollup_state where id = 1
