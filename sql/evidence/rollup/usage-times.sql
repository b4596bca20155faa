-- title: Usage without a time of change
-- panel: rollups
-- needs: task_usage(created_at, updated_at)
-- columns: newest_without_seconds number, oldest_without_seconds number, first_with_seconds number, has_default boolean
-- why: Three steps into the indexes on created_at where updated_at is NULL, and on updated_at. Rows from
-- why: before the column have NULL for good; one created after the first row with a value should not.
select
	extract(epoch from now() - (select max(created_at) from task_usage where updated_at is null))::float8
		as newest_without_seconds,
	extract(epoch from now() - (select min(created_at) from task_usage where updated_at is null))::float8
		as oldest_without_seconds,
	extract(epoch from now() - (select min(updated_at) from task_usage))::float8 as first_with_seconds,
	(
		select atthasdef from pg_attribute
		where attrelid = 'task_usage'::regclass and attname = 'updated_at' and not attisdropped
	) as has_default
