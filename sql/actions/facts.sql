-- What of one pipeline is here, and what this role may do with it. $1: the tables, $2: the functions
-- with their argument types in the form of regprocedure, $3: the pipeline's rollup table.
select json_build_object(
	'role', current_user,
	'database', current_database(),
	'majorVersion', current_setting('server_version_num')::int / 10000,
	'isStandby', pg_is_in_recovery(),
	'isReadOnly', current_setting('default_transaction_read_only')::boolean,
	-- What a resumed run must find unchanged: another filenode is another table, or an emptied one.
	'identity', concat_ws('/',
		(select system_identifier from pg_control_system()),
		(select oid from pg_database where datname = current_database()),
		to_regclass($3)::oid,
		pg_relation_filenode(to_regclass($3))),
	'canResolve', exists (
		select from pg_proc
		where proname = 'tidemark_resolve' and pronamespace = any (
			select oid from pg_namespace where nspname = any (current_schemas(false)))),
	'tables', (
		select coalesce(json_object_agg(name, json_build_object(
			'columns', (
				select json_object_agg(attname, format_type(atttypid, null) order by attnum)
				from pg_attribute where attrelid = id and attnum > 0 and not attisdropped),
			'canWrite', has_table_privilege(id, 'INSERT') and has_table_privilege(id, 'UPDATE')
				and has_table_privilege(id, 'DELETE'),
			'canInsert', has_table_privilege(id, 'INSERT'),
			'canUpdate', has_table_privilege(id, 'UPDATE')
		)), '{}')
		from unnest($1::text[]) as t (name)
		cross join lateral (select to_regclass(quote_ident(name)) as id) as found
		where id is not null),
	'functions', (
		select coalesce(json_object_agg(signature, json_build_object(
			'canExecute', has_function_privilege(p.oid, 'EXECUTE'),
			'isDefiner', p.prosecdef,
			'source', p.prosrc
		)), '{}')
		from unnest($2::text[]) as f (signature)
		join pg_proc p on p.oid = to_regprocedure(signature))
) as facts
