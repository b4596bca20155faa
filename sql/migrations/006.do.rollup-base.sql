-- What the three pipelines share: the list of them, the log of their runs, and how far usage is
-- settled. All that is ours and not a name of the product begins with tidemark_.

create table tidemark_rollup_pipelines (
	name text primary key,
	lock_key int not null unique,
	state_table text not null,
	-- The most a tick takes on, so that a long pause is caught up in steps; NULL: all at once.
	max_step interval,
	-- How long usage rests before a window takes it: rows become visible after their timestamp.
	settle_interval interval not null default '5 minutes'
);
comment on table tidemark_rollup_pipelines is 'tidemark: the rollup pipelines that were migrated in';

-- The state tables can't tell a tick that found the lock taken from one that found nothing to do,
-- and forget a failure with the next success. One row a run, kept for a week.
create table tidemark_rollup_runs (
	id bigint generated always as identity primary key,
	pipeline text not null,
	outcome text not null check (outcome in ('running', 'ok', 'idle', 'busy', 'failed', 'lost')),
	started_at timestamptz not null default clock_timestamp(),
	finished_at timestamptz,
	-- What the run was to cover by update time, and the rows it inserted, changed or deleted.
	window_from timestamptz,
	window_to timestamptz,
	rows_touched bigint,
	error_code text,
	error_message text,
	pid int not null default pg_backend_pid()
);
create index tidemark_rollup_runs_recent on tidemark_rollup_runs (pipeline, id desc);
comment on table tidemark_rollup_runs is 'tidemark: one row for each tick, busy and failed ones included';

-- Usage with the owners it is counted under. This is the one place that says so: the workspace is
-- the agent's, the issue may be none.
create view tidemark_usage as
select
	u.id as usage_id,
	u.task_id,
	t.issue_id,
	u.created_at,
	u.updated_at,
	a.workspace_id,
	t.runtime_id,
	t.agent_id,
	i.project_id,
	u.provider,
	u.model,
	u.input_tokens,
	u.output_tokens,
	u.cache_read_tokens,
	u.cache_write_tokens
from task_usage u
join agent_task_queue t on t.id = u.task_id
join agent a on a.id = t.agent_id
left join issue i on i.id = t.issue_id;

-- When the oldest transaction began that may still bring usage rows; NULL when there is none.
-- A row gets its timestamp when its transaction begins and is seen when it ends, so a window must end
-- before the first of those. Sessions of other roles show their start only to pg_read_all_stats;
-- one that doesn't is not waited for, as nothing in the field ever was. A prepared transaction tells when it
-- was prepared: it is taken to have begun within the hour before.
create function tidemark_oldest_usage_writer() returns timestamptz
language plpgsql as $$
begin
	-- Within a transaction the activity view is read once and remembered.
	perform pg_stat_clear_snapshot();
	return (
		select min(coalesce(a.xact_start, p.prepared - interval '1 hour'))
		from pg_locks l
		left join pg_stat_activity a on a.pid = l.pid
		left join pg_locks own on l.pid is null and own.pid is null
			and own.locktype = 'transactionid' and own.virtualtransaction = l.virtualtransaction
		left join pg_prepared_xacts p on p.transaction = own.transactionid
		where l.locktype = 'relation'
			and l.relation = 'task_usage'::regclass
			and l.database = (select oid from pg_database where datname = current_database())
			and l.mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
			and l.granted
			and l.pid is distinct from pg_backend_pid()
	);
end
$$;

-- Every recompute reads rows that another session may have just changed, and must see the newest:
-- a snapshot taken before the lock was granted would bring old sums back.
create function tidemark_lock_rollup(pipeline text) returns void
language plpgsql as $$
begin
	if current_setting('transaction_isolation') <> 'read committed' then
		raise exception 'a rollup runs at isolation level read committed, not %', current_setting('transaction_isolation')
			using errcode = 'invalid_transaction_state';
	end if;
	-- Of the transaction, not the session: it ends with it, whatever becomes of the client.
	perform pg_advisory_xact_lock(p.lock_key) from tidemark_rollup_pipelines p where p.name = pipeline;
end
$$;

-- No writer of anything that usage is counted under, from here to the end of the transaction: what a
-- pipeline's queue has to hear of begins, or ends, with nobody in the middle of a change. Who waits for a
-- lock keeps all new writers behind him, and who holds some while he waits for more can end in a deadlock
-- with a writer, of which the writer may be the victim. So all are given up again before that is looked for
-- (deadlock_timeout, a second), and tried anew.
create function tidemark_lock_writers() returns void
language plpgsql
set lock_timeout = '300ms'
as $$
declare
	give_up_at constant timestamptz := clock_timestamp() + interval '10 seconds';
begin
	loop
		begin
			lock table agent_runtime, issue, agent, agent_task_queue, task_usage in share row exclusive mode;
			return;
		exception when lock_not_available then
			if clock_timestamp() > give_up_at then
				raise;
			end if;
		end;
		perform pg_sleep(0.2);
	end loop;
end
$$;
