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

	-- Whoever took the right to call functions from everybody: these.
	for routine in
		select oid from pg_proc
		where pronamespace = current_schema()::regnamespace and prorettype <> 'trigger'::regtype
		and proname ~ '^(rollup|prune|repair)_task_usage_|^task_usage_|^tidemark_'
	loop
		execute format('grant execute on routine %s to tidemark_act', routine);
	end loop;
end
$roles$;

-- A tick of tidemark's own pipelines waits for open transactions that write usage, and a backfill shows who is in
-- its way: of other roles' sessions only with pg_read_all_stats, which whoever may grant it grants likewise:
--   grant pg_read_all_stats to tidemark_act;
