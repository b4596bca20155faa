-- The agent task queue, in the shape of the product that owns it, for the demo, the tests and the
-- reference pipelines.
--
-- All or nothing. In a database where none of these tables exists, all are created and each is
-- marked by a comment as ours. Where one of them exists the schema belongs to the product: nothing
-- is created, nothing is touched, because a table of ours would stand in the way of the product's
-- own next migration. All that is asked then is that the pipelines find what they read.
do $migration$
declare
	needed constant text[] := array['agent', 'agent_task_queue', 'issue', 'task_usage'];
	owned constant text[] := needed || array[
		'workspace', 'user', 'agent_runtime', 'chat_session', 'chat_message', 'sys_cron_executions'];
	pipelines constant text[] := array['task_usage_daily', 'task_usage_dashboard_daily', 'task_usage_hourly'];
	absent text;
	taken text;
begin
	select string_agg(name, ', ' order by name) into taken
	from unnest(pipelines) as t(name)
	where to_regclass(name) is not null or to_regproc('rollup_' || name) is not null;
	if taken is not null then
		raise exception 'this database has rollup pipelines already: %', taken
			using errcode = 'duplicate_table',
			hint = 'They belong to the product, and migrating would replace them. Watch them instead: tidemark needs no migration for that.';
	end if;

	if exists (select from unnest(owned) as t(name) where to_regclass(quote_ident(name)) is not null) then
		select string_agg(name, ', ' order by name) into absent
		from unnest(needed) as t(name) where to_regclass(quote_ident(name)) is null;
		if absent is not null then
			raise exception 'this database has part of the task queue but not: %', absent
				using errcode = 'undefined_table',
				hint = 'Run the product''s own migrations first, or give tidemark an empty database.';
		end if;
		return;
	end if;

	create table workspace (
		id uuid primary key default gen_random_uuid()
	);

	create table "user" (
		id uuid primary key default gen_random_uuid(),
		timezone text
	);

	create table agent_runtime (
		id uuid primary key default gen_random_uuid(),
		workspace_id uuid not null references workspace on delete cascade,
		name text not null,
		runtime_mode text not null default 'local',
		provider text not null default 'other',
		status text not null default 'offline',
		last_seen_at timestamptz
	);
	create index agent_runtime_last_seen_at on agent_runtime (last_seen_at);

	create table agent (
		id uuid primary key default gen_random_uuid(),
		workspace_id uuid not null references workspace on delete cascade,
		runtime_id uuid references agent_runtime on delete set null,
		name text not null,
		runtime_mode text not null default 'local'
	);

	create table issue (
		id uuid primary key default gen_random_uuid(),
		workspace_id uuid not null references workspace on delete cascade,
		project_id uuid,
		creator_type text not null default 'member',
		creator_id uuid,
		number int not null,
		title text not null default ''
	);

	create table chat_session (
		id uuid primary key default gen_random_uuid(),
		workspace_id uuid not null references workspace on delete cascade,
		creator_id uuid not null references "user" on delete cascade
	);

	create table chat_message (
		id uuid primary key default gen_random_uuid(),
		chat_session_id uuid not null references chat_session on delete cascade,
		created_at timestamptz not null default now()
	);
	create index chat_message_session on chat_message (chat_session_id, created_at);

	create table agent_task_queue (
		id uuid primary key default gen_random_uuid(),
		agent_id uuid not null references agent on delete cascade,
		runtime_id uuid references agent_runtime on delete set null,
		issue_id uuid references issue on delete cascade,
		chat_session_id uuid references chat_session on delete set null,
		autopilot_run_id uuid,
		status text not null default 'queued' check (status in (
			'queued', 'dispatched', 'running', 'completed', 'failed', 'cancelled',
			'waiting_local_directory', 'deferred')),
		priority int not null default 0,
		attempt int not null default 0,
		max_attempts int not null default 1,
		created_at timestamptz not null default now(),
		dispatched_at timestamptz,
		started_at timestamptz,
		completed_at timestamptz,
		error text,
		failure_reason text
	);
	-- These seven and no others, above all none on created_at alone: a sampler may count on what
	-- real instances have, and must not be tested against more.
	create index agent_task_queue_queued on agent_task_queue (created_at) where status = 'queued';
	create index agent_task_queue_running on agent_task_queue (started_at) where status = 'running';
	create index agent_task_queue_dispatched on agent_task_queue (runtime_id, dispatched_at, id)
		where status = 'dispatched' and started_at is null;
	create index agent_task_queue_finished on agent_task_queue (completed_at)
		where status in ('completed', 'failed', 'cancelled');
	create index agent_task_queue_issue on agent_task_queue (issue_id, id);
	create index agent_task_queue_runtime on agent_task_queue (runtime_id, id);
	create index agent_task_queue_agent on agent_task_queue (agent_id, id);

	-- updated_at comes with migration 003, as it came to real instances: later, and NULL before.
	create table task_usage (
		id uuid primary key default gen_random_uuid(),
		task_id uuid not null references agent_task_queue on delete cascade,
		provider text not null,
		model text not null,
		input_tokens bigint not null default 0,
		output_tokens bigint not null default 0,
		cache_read_tokens bigint not null default 0,
		cache_write_tokens bigint not null default 0,
		created_at timestamptz not null default now(),
		unique (task_id, provider, model)
	);
	create index task_usage_created_at on task_usage (created_at);
	create index task_usage_task on task_usage (task_id);

	create table sys_cron_executions (
		id bigint generated always as identity primary key,
		job_name text not null,
		plan_time timestamptz not null,
		status text not null check (status in ('RUNNING', 'SUCCESS', 'FAILED')),
		started_at timestamptz,
		finished_at timestamptz,
		stale_after timestamptz,
		heartbeat_at timestamptz,
		rows_affected bigint,
		error_code text,
		error_msg text,
		runner_id text
	);
	create index sys_cron_executions_job on sys_cron_executions (job_name, plan_time desc);

	for absent in select unnest(owned) loop
		execute format('comment on table %I is %L', absent, 'tidemark migration 001');
	end loop;
end
$migration$;
