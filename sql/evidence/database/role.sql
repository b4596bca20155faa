-- title: What this role may see
-- panel: database
-- columns: role_name text, can_read_stats boolean, can_signal boolean, is_superuser boolean, time_zone text, cron_database text, has_cron_library boolean
-- why: pg_cron lives in one database of a server and may tick this one from there. Its settings, and the
-- why: preloaded libraries, show only to pg_read_all_settings: pg_settings then simply lacks the row, where
-- why: current_setting() would fail.
select
	current_user::text as role_name,
	pg_has_role(current_user, 'pg_read_all_stats', 'usage') as can_read_stats,
	pg_has_role(current_user, 'pg_signal_backend', 'usage') as can_signal,
	(select rolsuper from pg_roles where rolname = current_user) as is_superuser,
	current_setting('TimeZone') as time_zone,
	(select setting from pg_settings where name = 'cron.database_name') as cron_database,
	(select setting ~ '\mpg_cron\M' from pg_settings where name = 'shared_preload_libraries') as has_cron_library
