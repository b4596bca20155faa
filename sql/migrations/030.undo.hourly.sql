-- What a rollup holds can be computed again, except where raw usage has been removed since.
do $migration$
begin
	if (select min(bucket_hour) from task_usage_hourly) < (
			select coalesce(task_usage_hour_bucket(min(u.created_at)), 'infinity') from task_usage u) then
		raise exception 'refusing to drop task_usage_hourly: it reaches further back than task_usage'
			using errcode = 'object_in_use',
			hint = 'Nothing could bring these buckets back. Delete the ones that nobody needs first.';
	end if;
end
$migration$;
select tidemark_lock_writers();
delete from tidemark_rollup_pipelines where name = 'hourly';
drop view tidemark_usage_hourly;
drop type tidemark_hourly_key;
drop table task_usage_hourly_dirty, task_usage_hourly_rollup_state, task_usage_hourly;
drop function task_usage_hour_bucket(timestamptz);
