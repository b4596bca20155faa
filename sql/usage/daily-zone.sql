-- title: Whose days the daily rollup has
-- needs: task_usage_daily(bucket_date)
-- columns: owner text, zone text
-- why: The older pipelines cut days by the time zone of the session that ticks, which is the database's unless
-- why: somebody set another.
select 'database' as owner, current_setting('TimeZone') as zone
