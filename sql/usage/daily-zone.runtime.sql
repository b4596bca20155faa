-- title: Whose days the daily rollup has
-- needs: task_usage_daily(bucket_date), agent_runtime(id, timezone)
-- columns: owner text, zone text
-- why: Newer versions of the product cut days by each runtime's zone, older ones by the database's; which it is
-- why: can be read in the window function only.
select owner, case owner when 'database' then current_setting('TimeZone') end as zone
from (
	select case when exists (
		select from pg_proc where proname = 'rollup_task_usage_daily_window' and prosrc ~* '\.timezone\M'
	) then 'runtime' else 'database' end as owner
) found
