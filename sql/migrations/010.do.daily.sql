-- The daily pipeline: its tables.

create table task_usage_daily (
	bucket_date date not null,
	workspace_id uuid not null,
	runtime_id uuid not null,
	provider text not null,
	model text not null,
	input_tokens bigint not null,
	output_tokens bigint not null,
	cache_read_tokens bigint not null,
	cache_write_tokens bigint not null,
	event_count bigint not null,
	updated_at timestamptz not null default now(),
	primary key (bucket_date, workspace_id, runtime_id, provider, model)
);
create index task_usage_daily_runtime on task_usage_daily (runtime_id, bucket_date);
create index task_usage_daily_workspace on task_usage_daily (workspace_id, bucket_date);
comment on table task_usage_daily is 'tidemark: usage by day of the time zone in task_usage_rollup_state';

create table task_usage_rollup_state (
	id smallint primary key default 1 check (id = 1),
	watermark_at timestamptz not null default 'epoch',
	last_run_started_at timestamptz,
	last_run_finished_at timestamptz,
	last_run_rows bigint,
	last_error text,
	-- The zone whose days these are. Kept here, since a session's own setting must not move a bucket;
	-- after a change everything has to be recomputed: call tidemark_backfill('daily').
	time_zone text not null
);
-- The database's zone: its own setting, else the server's.
insert into task_usage_rollup_state (time_zone)
select coalesce(
	(
		select substring(setting from '^TimeZone=(.*)$')
		from pg_db_role_setting, unnest(setconfig) as setting
		where setdatabase = (select oid from pg_database where datname = current_database())
			and setrole = 0 and setting ilike 'timezone=%'
	),
	(
		select case
			when source in ('configuration file', 'command line', 'environment variable', 'global') then reset_val
			else boot_val
		end
		from pg_settings where name = 'TimeZone'
	)
);

-- A zone of this session or its role stands before the server's own, which can't be seen then.
do $migration$
declare
	zone_source text := (select source from pg_settings where name = 'TimeZone');
begin
	if zone_source in ('client', 'session', 'user', 'database user') then
		raise notice 'days of task_usage_daily are those of %: the zone of this session hides the server''s', (select time_zone from task_usage_rollup_state)
			using hint = 'If the server has another one: update task_usage_rollup_state set time_zone = ''…'', before the first tick.';
	end if;
end
$migration$;

-- Filled by tidemark_enqueue, emptied by tidemark_daily_take.
create table task_usage_daily_dirty (
	bucket_date date not null,
	workspace_id uuid not null,
	runtime_id uuid not null,
	provider text,
	-- None where the row names no bucket, only whose it may have been.
	model text,
	enqueued_at timestamptz not null default clock_timestamp(),
	cause text check (cause in ('usage', 'task', 'agent')),
	task_id uuid,
	agent_id uuid
);
alter table task_usage_daily_dirty replica identity full;
-- It is filled and emptied all day: keep it small whatever its size an hour ago.
alter table task_usage_daily_dirty set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create type tidemark_daily_key as (
	bucket_date date,
	workspace_id uuid,
	runtime_id uuid,
	provider text,
	model text
);

-- Raw usage as this pipeline sees it: what a GROUP BY of its key must equal.
create view tidemark_usage_daily as
select (u.created_at at time zone s.time_zone)::date as bucket_date, u.*
from tidemark_usage u
-- By its key, so that the planner knows it to be one row.
join task_usage_rollup_state s on s.id = 1
where u.runtime_id is not null;

select tidemark_lock_writers();
insert into tidemark_rollup_pipelines values ('daily', 4242, 'task_usage_rollup_state');
