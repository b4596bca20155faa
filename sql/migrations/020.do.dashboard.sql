-- The dashboard pipeline: its tables.

create table task_usage_dashboard_daily (
	bucket_date date not null,
	workspace_id uuid not null,
	agent_id uuid not null,
	project_id uuid,
	model text not null,
	input_tokens bigint not null,
	output_tokens bigint not null,
	cache_read_tokens bigint not null,
	cache_write_tokens bigint not null,
	event_count bigint not null,
	task_count bigint not null,
	updated_at timestamptz not null default now()
);
-- The key. An expression, since Postgres 14 can't take two NULL projects for the same.
create unique index task_usage_dashboard_daily_key on task_usage_dashboard_daily (
	bucket_date, workspace_id, agent_id, coalesce(project_id, '00000000-0000-0000-0000-000000000000'), model
);
create index task_usage_dashboard_daily_workspace on task_usage_dashboard_daily (workspace_id, bucket_date);
-- An index of expressions can't be a replica identity, and without one a publication of all tables
-- would refuse every update.
alter table task_usage_dashboard_daily replica identity full;
comment on table task_usage_dashboard_daily is 'tidemark: usage by day (UTC), agent and project';

create table task_usage_dashboard_rollup_state (
	id smallint primary key default 1 check (id = 1),
	watermark_at timestamptz not null default 'epoch',
	last_run_started_at timestamptz,
	last_run_finished_at timestamptz,
	last_run_rows bigint,
	last_error text
);
insert into task_usage_dashboard_rollup_state default values;

-- Filled by tidemark_enqueue, emptied by tidemark_dashboard_take.
create table task_usage_dashboard_dirty (
	bucket_date date not null,
	workspace_id uuid not null,
	agent_id uuid not null,
	project_id uuid,
	-- None where the row names no bucket, only whose it may have been.
	model text,
	enqueued_at timestamptz not null default clock_timestamp(),
	cause text check (cause in ('usage', 'task', 'issue', 'agent')),
	task_id uuid,
	issue_id uuid
);
alter table task_usage_dashboard_dirty replica identity full;
-- It is filled and emptied all day: keep it small whatever its size an hour ago.
alter table task_usage_dashboard_dirty set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create type tidemark_dashboard_key as (
	bucket_date date,
	workspace_id uuid,
	agent_id uuid,
	project_id uuid,
	model text
);

-- Raw usage as this pipeline sees it: what a GROUP BY of its key must equal. A task without a runtime
-- counts here.
create view tidemark_usage_dashboard as
select (created_at at time zone 'UTC')::date as bucket_date, *
from tidemark_usage;

select tidemark_lock_writers();
insert into tidemark_rollup_pipelines values ('dashboard', 4244, 'task_usage_dashboard_rollup_state');
