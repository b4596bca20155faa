-- Takes the column away again if it came from here; one that the product brought stays.
set local lock_timeout = '5s';
do $migration$
begin
	if exists (
		select from pg_attribute
		where attrelid = to_regclass('task_usage') and attname = 'updated_at' and not attisdropped
			and col_description(attrelid, attnum) = 'tidemark migration 003'
	) then
		alter table task_usage drop column updated_at;
	end if;
end
$migration$;
