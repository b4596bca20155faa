-- The hourly pipeline: its tables.

-- The hour in UTC that an event belongs to.
create function task_usage_hour_bucket(event_at timestamptz) returns timestamptz
language sql immutable strict parallel safe as $$
	select date_bin('1 hour', event_at, '2000-01-01 00:00:00+00')
$$;

create table task_usage_hourly (
	bucket_hour timestamptz not null,
	workspace_id uuid not null,
	runtime_id uuid not null,
	agent_id uuid not null,
	project_id uuid,
	provider text not null,
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
create unique index task_usage_hourly_key on task_usage_hourly (
	bucket_hour, workspace_id, runtime_id, agent_id,
	coalesce(project_id, '00000000-0000-0000-0000-000000000000'), provider, model
);
create index task_usage_hourly_runtime on task_usage_hourly (runtime_id, bucket_hour);
create index task_usage_hourly_workspace on task_usage_hourly (workspace_id, bucket_hour);
-- An index of expressions can't be a replica identity, and without one a publication of all tables
-- would refuse every update.
alter table task_usage_hourly replica identity full;
comment on table task_usage_hourly is 'tidemark: usage by hour (UTC)';

create table task_usage_hourly_rollup_state (
	id smallint primary key default 1 check (id = 1),
	watermark_at timestamptz not null default 'epoch',
	last_run_started_at timestamptz,
	last_run_finished_at timestamptz,
	last_run_rows bigint,
	last_error text
);
insert into task_usage_hourly_rollup_state default values;

-- Filled by tidemark_enqueue, emptied by tidemark_hourly_take.
create table task_usage_hourly_dirty (
	bucket_hour timestamptz not null,
	workspace_id uuid not null,
	runtime_id uuid not null,
	agent_id uuid not null,
	project_id uuid,
	provider text,
	-- None where the row names no bucket, only whose it may have been.
	model text,
	enqueued_at timestamptz not null default clock_timestamp(),
	cause text check (cause in ('usage', 'task', 'issue', 'agent')),
	task_id uuid,
	issue_id uuid
);
alter table task_usage_hourly_dirty replica identity full;
-- It is filled and emptied all day: keep it small whatever its size an hour ago.
alter table task_usage_hourly_dirty set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create type tidemark_hourly_key as (
	bucket_hour timestamptz,
	workspace_id uuid,
	runtime_id uuid,
	agent_id uuid,
	project_id uuid,
	provider text,
	model text
);

-- Raw usage as this pipeline sees it: what a GROUP BY of its key must equal.
create view tidemark_usage_hourly as
select task_usage_hour_bucket(created_at) as bucket_hour, *
from tidemark_usage
where runtime_id is not null;

select tidemark_lock_writers();
insert into tidemark_rollup_pipelines values ('hourly', 4246, 'task_usage_hourly_rollup_state', '1 day');
