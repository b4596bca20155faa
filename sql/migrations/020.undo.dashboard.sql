-- What a rollup holds can be computed again, except where raw usage has been removed since.
do $migration$
begin
	if (select min(bucket_date) from task_usage_dashboard_daily) < (
			select coalesce((min(u.created_at) at time zone 'UTC')::date, 'infinity') from task_usage u) then
		raise exception 'refusing to drop task_usage_dashboard_daily: it reaches further back than task_usage'
			using errcode = 'object_in_use',
			hint = 'Nothing could bring these buckets back. Delete the ones that nobody needs first.';
	end if;
end
$migration$;
select tidemark_lock_writers();
delete from tidemark_rollup_pipelines where name = 'dashboard';
drop view tidemark_usage_dashboard;
drop type tidemark_dashboard_key;
drop table task_usage_dashboard_dirty, task_usage_dashboard_rollup_state, task_usage_dashboard_daily;
