-- The run queue with worker leases, for the demo and the tests. Made only where migration 001 made
-- the task queue too (a database of ours), and where none of these names is taken.
do $migration$
begin
	if obj_description(to_regclass('agent_task_queue'), 'pg_class') is distinct from 'tidemark migration 001'
		or to_regclass('runs') is not null
		or to_regclass('workers') is not null
		or to_regtype('run_status') is not null
	then
		return;
	end if;

	create type run_status as enum ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED');
	comment on type run_status is 'tidemark migration 002';

	create table workers (
		id text primary key,
		last_heartbeat_at timestamptz not null default now()
	);
	comment on table workers is 'tidemark migration 002';

	create table runs (
		id uuid primary key default gen_random_uuid(),
		status run_status not null default 'QUEUED',
		blueprint text not null default 'default',
		run_at timestamptz not null default now(),
		queued_at timestamptz not null default now(),
		started_at timestamptz,
		finished_at timestamptz,
		lease_owner text,
		lease_expires_at timestamptz
	);
	comment on table runs is 'tidemark migration 002';
	create index ix_runs_status on runs (status);
	create index ix_runs_run_at on runs (run_at);
	create index ix_runs_queued_at on runs (queued_at);
	create index ix_runs_lease_expires_at on runs (lease_expires_at);
end
$migration$;
