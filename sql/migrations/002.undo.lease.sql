-- Drops what migration 002 made, and only that; refuses while a run or a worker is in it.
do $migration$
declare
	owned text[];
	owned_table text;
	has_rows boolean;
begin
	select array_agg(relname::text) into owned
	from pg_class
	where relnamespace = current_schema()::regnamespace
		and relkind = 'r'
		and obj_description(oid, 'pg_class') = 'tidemark migration 002';

	foreach owned_table in array coalesce(owned, '{}') loop
		execute format('lock table %I in access exclusive mode', owned_table);
		execute format('select exists (select from %I)', owned_table) into has_rows;
		if has_rows then
			raise exception 'refusing to drop table %, it holds rows', owned_table
				using errcode = 'object_in_use',
				hint = 'Empty it first if nobody needs them, or drop the whole database.';
		end if;
	end loop;

	foreach owned_table in array coalesce(owned, '{}') loop
		execute format('drop table if exists %I', owned_table);
	end loop;
	if obj_description(to_regtype('run_status'), 'pg_type') = 'tidemark migration 002' then
		drop type run_status;
	end if;
end
$migration$;
