-- What a rollup holds can be computed again, except where raw usage has been removed since.
do $migration$
begin
	if (select min(bucket_date) from task_usage_daily) < (
			select coalesce((min(u.created_at) at time zone (select time_zone from task_usage_rollup_state))::date, 'infinity') from task_usage u) then
		raise exception 'refusing to drop task_usage_daily: it reaches further back than task_usage'
			using errcode = 'object_in_use',
			hint = 'Nothing could bring these buckets back. Delete the ones that nobody needs first.';
	end if;
end
$migration$;
select tidemark_lock_writers();
delete from tidemark_rollup_pipelines where name = 'daily';
drop view tidemark_usage_daily;
drop type tidemark_daily_key;
drop table task_usage_daily_dirty, task_usage_rollup_state, task_usage_daily;
