-- Drops the tables that migration 001 made, and only those; refuses while one of them holds a row.
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
		and obj_description(oid, 'pg_class') = 'tidemark migration 001';

	foreach owned_table in array coalesce(owned, '{}') loop
		-- The lock keeps out a writer between the look and the drop.
		execute format('lock table %I in access exclusive mode', owned_table);
		execute format('select exists (select from %I)', owned_table) into has_rows;
		if has_rows then
			raise exception 'refusing to drop table %, it holds rows', owned_table
				using errcode = 'object_in_use',
				hint = 'Empty it first if nobody needs them, or drop the whole database.';
		end if;
	end loop;

	-- One statement, so that they may refer to each other; no CASCADE, so that a view or a key that
	-- somebody else put on them stops us.
	if owned is not null then
		execute (select format('drop table %s', string_agg(quote_ident(name), ', ')) from unnest(owned) as t(name));
	end if;
end
$migration$;
