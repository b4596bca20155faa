-- A role that can watch and nothing more. Run it in the database to be watched, as the owner of its
-- tables with the right to create roles (no superuser needed), for instance with psql, with a search_path that
-- finds them; it may be run again, such as after an upgrade that brought tables. Then give the role a password:
--   \password tidemark_watch
--
-- The role reads only the columns that the samplers, the diagnosis, the lists and usage name: ids, statuses, times,
-- time zones, token counts, numbers of issues, names of workspaces, runtimes and agents, why a task failed in a
-- word, what a tick's error said. No address of a person, no title, no message, no error text of a task.
do $roles$
declare
	wanted record;
	allowed text;
	home name;
	homes name[] := '{}';
begin
	if not exists (select from pg_roles where rolname = 'tidemark_watch') then
		create role tidemark_watch login;
	end if;
	execute format('grant connect on database %I to tidemark_watch', current_database());

	-- Only what exists here: packs, tables and columns differ between instances.
	for wanted in
		select * from (values
			('workspace', 'id, name'),
			('user', 'id, timezone'),
			('agent', 'id, name, workspace_id'),
			('agent_runtime', 'id, name, runtime_mode, provider, last_seen_at, timezone'),
			('issue', 'id, workspace_id, project_id, creator_type, creator_id, number'),
			('chat_session', 'id, workspace_id, creator_id'),
			('chat_message', 'chat_session_id, created_at'),
			('agent_task_queue', 'id, status, priority, attempt, max_attempts, failure_reason, created_at, dispatched_at, started_at, '
				'completed_at, agent_id, runtime_id, issue_id, chat_session_id, autopilot_run_id'),
			('task_usage', 'id, task_id, provider, model, input_tokens, output_tokens, cache_read_tokens, '
				'cache_write_tokens, created_at, updated_at'),
			('runs', 'id, status, run_at, queued_at, lease_expires_at, lease_owner, worker_id, blueprint, '
				'started_at, finished_at'),
			('workers', 'id, last_heartbeat_at'),
			('task_usage_rollup_state', 'id, watermark_at, last_run_started_at, last_run_finished_at, '
				'last_run_rows, last_error, time_zone'),
			('task_usage_dashboard_rollup_state', 'id, watermark_at, last_run_started_at, '
				'last_run_finished_at, last_run_rows, last_error'),
			('task_usage_hourly_rollup_state', 'id, watermark_at, last_run_started_at, '
				'last_run_finished_at, last_run_rows, last_error'),
			('task_usage_daily', 'bucket_date, workspace_id, runtime_id, provider, model, input_tokens, '
				'output_tokens, cache_read_tokens, cache_write_tokens, event_count'),
			('task_usage_dashboard_daily', 'bucket_date, workspace_id, agent_id, project_id, model, '
				'input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, event_count'),
			('task_usage_hourly', 'bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, '
				'model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, event_count'),
			('task_usage_daily_dirty', 'bucket_date, model, enqueued_at, task_id'),
			('task_usage_dashboard_dirty', 'bucket_date, model, enqueued_at, task_id'),
			('task_usage_hourly_dirty', 'bucket_hour, model, enqueued_at, task_id'),
			('sys_cron_executions', 'job_name, plan_time, status, started_at, finished_at, stale_after, heartbeat_at, '
				'rows_affected, error_code, error_msg, runner_id'),
			('tidemark_rollup_runs', 'id, pipeline, outcome, started_at, finished_at, window_from, '
				'window_to, rows_touched, error_code, error_message')
		) as wanted (relation, columns)
	loop
		select string_agg(quote_ident(attname), ', ') into allowed
		from pg_attribute
		where attrelid = to_regclass(wanted.relation) and attnum > 0 and not attisdropped
		and attname = any (string_to_array(wanted.columns, ', '));
		if allowed is not null then
			execute format('grant select (%s) on %I to tidemark_watch', allowed, wanted.relation);
			select nspname into home from pg_namespace join pg_class on relnamespace = pg_namespace.oid
			where pg_class.oid = to_regclass(wanted.relation);
			homes := homes || home;
		end if;
	end loop;

	-- It finds the tables where whoever runs this finds them: outside of public by a search_path of its own.
	for home in select distinct unnest(homes) loop
		execute format('grant usage on schema %I to tidemark_watch', home);
	end loop;
	if not homes <@ array['public'::name] then
		execute format(
			'alter role tidemark_watch in database %I set search_path = %s', current_database(),
			(select string_agg(quote_ident(name), ', ' order by place)
			from unnest(current_schemas(false)) with ordinality as known (name, place) where name = any (homes))
		);
	end if;
end
$roles$;

-- Whatever connects as this role reads, briefly, and uses one processor at most.
alter role tidemark_watch set default_transaction_read_only = on;
alter role tidemark_watch set statement_timeout = '2s';
alter role tidemark_watch set lock_timeout = '250ms';
alter role tidemark_watch set idle_in_transaction_session_timeout = '5s';
alter role tidemark_watch set max_parallel_workers_per_gather = 0;
alter role tidemark_watch set jit = off;

-- Without more, the role sees of other users' sessions only that they exist. pg_read_all_stats adds:
-- since when a rollup's lock is held and by what query, whether its holder is idle, and the oldest
-- transaction of the server. Whoever may grant it (a superuser, or before Postgres 16 anyone who creates
-- roles) runs:
--   grant pg_read_all_stats to tidemark_watch;
--
-- Before Postgres 15 everybody may create tables in the schema public, this role too, if it turns its
-- read-only setting off. An application may count on that right, so it is not taken here. Where none does:
--   revoke create on schema public from public;
