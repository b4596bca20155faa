-- The last step of the upgrade to the hourly pipeline: its schema, a backfill, then the daily one goes.
-- Never part of a plain `up`, since it takes something away.
do $migration$
declare
	watermark timestamptz;
	newest timestamptz := tidemark_newest_usage();
begin
	select watermark_at into watermark from task_usage_hourly_rollup_state;
	-- Without its row nothing has been rolled up.
	if coalesce(watermark, '-infinity') < newest - interval '1 hour' then
		raise exception 'refusing to drop legacy daily rollups: the hourly watermark (%) is more than an hour behind the newest usage (%)', coalesce(watermark::text, 'none'), newest
			using errcode = 'object_not_in_prerequisite_state',
			hint = 'Finish the hourly backfill first: tidemark backfill --pipeline hourly, or in SQL: call tidemark_backfill(''hourly'').';
	end if;
end
$migration$;
-- include: 012.undo.daily-tick.sql
-- include: 011.undo.daily-window.sql
-- include: 010.undo.daily.sql
