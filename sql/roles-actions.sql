-- A role for the actions: what tidemark_watch may read, and of the rollups what a tick, a replay, a repair, a
-- backfill and a prune write: derived tables, queues, states. Of the application's own tables it can't write a
-- row. Run it after the watching role, likewise as the owner of the tables with the right to create roles, and
-- again after an upgrade. Then give the role a password:
--   \password tidemark_act
do $roles$
declare
	wanted record;
	allowed text;
	routine regprocedure;
begin
	if not exists (select from pg_roles where rolname = 'tidemark_act') then
		create role tidemark_act login;
	end if;
	-- What it reads, and none of its settings: those belong to whoever logs in.
	grant tidemark_watch to tidemark_act;
	-- But for where the tables are.
	for allowed in
		select substr(setting, length('search_path=') + 1)
		from pg_db_role_setting cross join unnest(setconfig) as setting
		where setrole = 'tidemark_watch'::regrole and setting like 'search_path=%'
		and setdatabase = (select oid from pg_database where datname = current_database())
	loop
		execute format('alter role tidemark_act in database %I set search_path = %s', current_database(), allowed);
	end loop;

	-- Rows of buckets and of queues hold nothing but their keys and sums.
	for wanted in
		select * from (values
			('task_usage_daily', 'select, insert, update, delete'),
			('task_usage_dashboard_daily', 'select, insert, update, delete'),
			('task_usage_hourly', 'select, insert, update, delete'),
			('task_usage_daily_dirty', 'select, insert, update, delete'),
			('task_usage_dashboard_dirty', 'select, insert, update, delete'),
			('task_usage_hourly_dirty', 'select, insert, update, delete'),
			('task_usage_rollup_state', 'select, update'),
			('task_usage_dashboard_rollup_state', 'select, update'),
			('task_usage_hourly_rollup_state', 'select, update'),
			-- Of tidemark's own pipelines: the log, which a tick cleans too, and what it reads besides.
			('tidemark_rollup_runs', 'select, insert, update, delete'),
			('tidemark_rollup_pipelines', 'select'),
			('tidemark_usage', 'select'),
			('tidemark_usage_daily', 'select'),
			('tidemark_usage_dashboard', 'select'),
			('tidemark_usage_hourly', 'select'),
			-- A window function runs as its caller: the owners that a bucket is counted under.
			('agent_task_queue', 'select (id, agent_id, runtime_id, issue_id)'),
			('agent', 'select (id, workspace_id)'),
			('issue', 'select (id, workspace_id, project_id)'),
			('agent_runtime', 'select (id, workspace_id)'),
			('agent_runtime', 'select (timezone)')
		) as wanted (relation, rights)
	loop
		-- In some versions a runtime has no time zone of its own.
		continue when wanted.rights like '%(timezone)' and not exists (
			select from pg_attribute where attrelid = to_regclass(wanted.relation) and attname = 'timezone');
		if to_regclass(wanted.relation) is not null then
			execute format('grant %s on %I to tidemark_act', wanted.rights, wanted.relation);
		end if;
	end loop;

	-- Two sequences a pipeline remember a failure that was rolled back; the log's numbers its rows.
	for allowed in
		select relname from pg_class
		where relnamespace = current_schema()::regnamespace and relkind = 'S'
		and relname ~ '^tidemark_(daily|dashboard|hourly)_failed_|^tidemark_rollup_runs_id_seq$'
	loop
		execute format('grant usage, select, update on sequence %I to tidemark_act', allowed);
	end loop;

	-- Whoever took the right to call functions from everybody: these, and tidemark's own. By name: the
	-- application may have others that begin like them.
	for routine in
		select oid from pg_proc
		where pronamespace = current_schema()::regnamespace and prorettype <> 'trigger'::regtype
		and (proname ~ '^tidemark_' or proname in (
			'rollup_task_usage_daily', 'rollup_task_usage_daily_window', 'rollup_task_usage_daily_buckets',
			'rollup_task_usage_daily_tick', 'repair_task_usage_daily', 'prune_task_usage_daily_dirty',
			'task_usage_rollup_lag_seconds', 'task_usage_rollup_data_lag_seconds', 'task_usage_daily_orphans',
			'rollup_task_usage_dashboard_daily', 'rollup_task_usage_dashboard_daily_window',
			'rollup_task_usage_dashboard_daily_buckets', 'rollup_task_usage_dashboard_daily_tick',
			'repair_task_usage_dashboard', 'prune_task_usage_dashboard_dirty',
			'task_usage_dashboard_rollup_lag_seconds', 'task_usage_dashboard_rollup_data_lag_seconds',
			'task_usage_dashboard_orphans',
			'rollup_task_usage_hourly', 'rollup_task_usage_hourly_window', 'rollup_task_usage_hourly_buckets',
			'rollup_task_usage_hourly_tick', 'repair_task_usage_hourly', 'prune_task_usage_hourly_dirty',
			'task_usage_hourly_rollup_lag_seconds', 'task_usage_hourly_rollup_data_lag_seconds',
			'task_usage_hourly_orphans', 'task_usage_hour_bucket'
		))
	loop
		execute format('grant execute on routine %s to tidemark_act', routine);
	end loop;
end
$roles$;

-- A tick of tidemark's own pipelines waits for open transactions that write usage, and a backfill shows who is in
-- its way: of other roles' sessions only with pg_read_all_stats, which whoever may grant it grants likewise:
--   grant pg_read_all_stats to tidemark_act;
