-- What puts keys into the dirty queues: deletes, cascades, moves, and rows that no timestamp shows.
--
-- A change is told with the link that ended: usage of a task, a task's owners, an issue's project, an
-- agent's workspace. Each leaves at least one row, also where no usage is in sight: some may be on its
-- way in another transaction. Where what it is about may be gone by the time the queue is read, it comes
-- with the buckets that the trigger could see; the queue's reader works out the rest (tidemark_resolve).
-- So nothing here waits for a tick or for another writer, or needs to be up to date about anything but
-- the row that changes.

-- `left join lateral (… offset 0)`: a probe of an index for each row; the planner knows nothing of
-- the length of a transition table, and would rather read all issues than probe for a thousand. For the
-- same reason nothing is compiled: it would take longer than running.

select tidemark_lock_writers();

-- Nil stands for "none", and no model for no bucket: '' is one like any other. `event_at` is any time within
-- the bucket.
create type tidemark_change as (
	cause text,
	task_id uuid,
	issue_id uuid,
	agent_id uuid,
	runtime_id uuid,
	workspace_id uuid,
	project_id uuid,
	provider text,
	model text,
	event_at timestamptz
);

-- Tells the changes to the pipelines that are here. The rows of a queue are only ever added and, once
-- consumed, deleted: an invalidation that arrives during a tick is a row of its own, younger than that
-- tick's drain, which comes to the same as making one row's enqueued_at the later of the two.
create function tidemark_enqueue(changes tidemark_change[], is_daily boolean, is_dashboard boolean) returns void
language plpgsql as $$
declare
	nil constant uuid := '00000000-0000-0000-0000-000000000000';
	here text[] := array(select name from tidemark_rollup_pipelines);
begin
	if 'hourly' = any (here) then
		insert into task_usage_hourly_dirty (
			bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model, cause, task_id, issue_id)
		select task_usage_hour_bucket(event_at), coalesce(workspace_id, nil), coalesce(runtime_id, nil),
			coalesce(agent_id, nil), project_id, provider, model, cause, task_id, issue_id
		from unnest(changes);
	end if;
	if is_daily and 'daily' = any (here) then
		insert into task_usage_daily_dirty (
			bucket_date, workspace_id, runtime_id, provider, model, cause, task_id, agent_id)
		select (event_at at time zone s.time_zone)::date, coalesce(workspace_id, nil), coalesce(runtime_id, nil),
			provider, model, case cause when 'issue' then 'task' else cause end, task_id, agent_id
		from unnest(changes), task_usage_rollup_state s;
	end if;
	if is_dashboard and 'dashboard' = any (here) then
		insert into task_usage_dashboard_dirty (
			bucket_date, workspace_id, agent_id, project_id, model, cause, task_id, issue_id)
		select (event_at at time zone 'UTC')::date, coalesce(workspace_id, nil), coalesce(agent_id, nil),
			project_id, model, cause, task_id, issue_id
		from unnest(changes);
	end if;
end
$$;

create function tidemark_usage_inserted() returns trigger
language plpgsql
set jit = off
as $$
declare
	-- Older than the windows still to come: written late in a long transaction, by a clock that is
	-- behind, restored, or without updated_at.
	stale_before timestamptz := clock_timestamp() - (select min(settle_interval) from tidemark_rollup_pipelines);
begin
	if exists (select from inserted where coalesce(updated_at, created_at) < stale_before) then
		perform tidemark_enqueue(array(
			select ('usage', v.task_id, v.issue_id, v.agent_id, v.runtime_id, v.workspace_id, v.project_id,
				v.provider, v.model, v.created_at)::tidemark_change
			from inserted n
			cross join lateral (select * from tidemark_usage where usage_id = n.id offset 0) v
			where coalesce(n.updated_at, n.created_at) < stale_before
		), true, true);
	end if;
	return null;
end
$$;
create trigger tidemark_usage_inserted after insert on task_usage
referencing new table as inserted
for each statement execute function tidemark_usage_inserted();

create function tidemark_usage_updated() returns trigger
language plpgsql
set jit = off
as $$
declare
	stale_before timestamptz := clock_timestamp() - (select min(settle_interval) from tidemark_rollup_pipelines);
	changes tidemark_change[];
begin
	-- The bucket that a row left, and one that it changed in without saying so in updated_at.
	select array_agg(('usage', task_id, null, null, null, null, null, provider, model, created_at)::tidemark_change)
	into changes
	from (
		select o.task_id, o.provider, o.model, o.created_at
		from removed o
		left join inserted n on n.id = o.id
		where (n.task_id, n.created_at, n.provider, n.model)
			is distinct from (o.task_id, o.created_at, o.provider, o.model)
		union all
		select task_id, provider, model, created_at from inserted where coalesce(updated_at, created_at) < stale_before
	) c;
	if changes is not null then
		perform tidemark_enqueue(array(
			select ('usage', c.task_id, t.issue_id, t.agent_id, t.runtime_id, a.workspace_id, i.project_id,
				c.provider, c.model, c.event_at)::tidemark_change
			from unnest(changes) c
			left join lateral (select issue_id, agent_id, runtime_id from agent_task_queue where id = c.task_id offset 0) t on true
			left join lateral (select workspace_id from agent where id = t.agent_id offset 0) a on true
			left join lateral (select project_id from issue where id = t.issue_id offset 0) i on true
		), true, true);
	end if;
	return null;
end
$$;
create trigger tidemark_usage_updated after update on task_usage
referencing old table as removed new table as inserted
for each statement execute function tidemark_usage_updated();

create function tidemark_usage_deleted() returns trigger
language plpgsql
set jit = off
as $$
begin
	-- In a cascade the task is gone by now, and its own trigger has told.
	perform tidemark_enqueue(array(
		select ('usage', o.task_id, t.issue_id, t.agent_id, t.runtime_id, a.workspace_id, i.project_id,
			o.provider, o.model, o.created_at)::tidemark_change
		from removed o
		cross join lateral (select issue_id, agent_id, runtime_id from agent_task_queue where id = o.task_id offset 0) t
		left join lateral (select workspace_id from agent where id = t.agent_id offset 0) a on true
		left join lateral (select project_id from issue where id = t.issue_id offset 0) i on true
	), true, true);
	return null;
end
$$;
create trigger tidemark_usage_deleted after delete on task_usage
referencing old table as removed
for each statement execute function tidemark_usage_deleted();

create function tidemark_usage_truncated() returns trigger
language plpgsql
set jit = off
as $$
declare
	here text[] := array(select name from tidemark_rollup_pipelines);
begin
	if 'hourly' = any (here) then
		insert into task_usage_hourly_dirty (bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model)
		select bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model from task_usage_hourly;
	end if;
	if 'daily' = any (here) then
		insert into task_usage_daily_dirty (bucket_date, workspace_id, runtime_id, provider, model)
		select bucket_date, workspace_id, runtime_id, provider, model from task_usage_daily;
	end if;
	if 'dashboard' = any (here) then
		insert into task_usage_dashboard_dirty (bucket_date, workspace_id, agent_id, project_id, model)
		select bucket_date, workspace_id, agent_id, project_id, model from task_usage_dashboard_daily;
	end if;
	return null;
end
$$;
create trigger tidemark_usage_truncated after truncate on task_usage
for each statement execute function tidemark_usage_truncated();

create function tidemark_task_moved() returns trigger
language plpgsql
set jit = off
as $$
declare
	changes tidemark_change[];
	is_owner boolean;
	is_issue boolean;
begin
	-- Most updates of the queue change a status: look once, cheaply, and leave. What is told is the
	-- owners that a task had, and nothing is looked up for it: its usage, and what else its owners
	-- belonged to, stays where the queue's reader finds it, or is told by whoever changes that.
	select array_agg(('task', o.id, o.issue_id, o.agent_id, o.runtime_id, null, null, null, null, now())::tidemark_change),
		bool_or((n.agent_id, n.runtime_id) is distinct from (o.agent_id, o.runtime_id)),
		bool_or((n.agent_id, n.issue_id) is distinct from (o.agent_id, o.issue_id))
	into changes, is_owner, is_issue
	from removed o
	left join moved n on n.id = o.id
	where (n.agent_id, n.runtime_id, n.issue_id) is distinct from (o.agent_id, o.runtime_id, o.issue_id);
	if changes is not null then
		perform tidemark_enqueue(changes, is_owner, is_issue);
	end if;
	return null;
end
$$;
create trigger tidemark_task_moved after update on agent_task_queue
referencing old table as removed new table as moved
for each statement execute function tidemark_task_moved();

create function tidemark_task_deleted() returns trigger
language plpgsql
set jit = off
as $$
begin
	-- Before, because after it the cascade has taken the usage. The task is locked by now, so none is on
	-- its way. Its issue or agent being gone means that this is their cascade, and that they have told.
	if pg_trigger_depth() > 1 and (
		not exists (select from agent where id = old.agent_id)
		or old.issue_id is not null and not exists (select from issue where id = old.issue_id)
	) then
		return old;
	end if;
	perform tidemark_enqueue(array(
		select ('task', old.id, old.issue_id, old.agent_id, old.runtime_id, a.workspace_id, i.project_id,
			u.provider, u.model, coalesce(u.created_at, now()))::tidemark_change
		from (select) one
		left join lateral (select provider, model, created_at from task_usage where task_id = old.id offset 0) u on true
		left join lateral (select workspace_id from agent where id = old.agent_id offset 0) a on true
		left join lateral (select project_id from issue where id = old.issue_id offset 0) i on true
	), true, true);
	return old;
end
$$;
create trigger tidemark_task_deleted before delete on agent_task_queue
for each row execute function tidemark_task_deleted();

create function tidemark_issue_changed() returns trigger
language plpgsql
set jit = off
as $$
begin
	if tg_op = 'DELETE' then
		-- In the order in which the cascade will lock them; after it no usage of them is on its way.
		perform from agent_task_queue where issue_id = old.id order by id for update;
	end if;
	perform tidemark_enqueue(array(
		select ('issue', t.id, old.id, t.agent_id, t.runtime_id, a.workspace_id, old.project_id,
			u.provider, u.model, coalesce(u.created_at, now()))::tidemark_change
		from (select) one
		left join agent_task_queue t on t.issue_id = old.id
		left join lateral (select provider, model, created_at from task_usage where task_id = t.id offset 0) u on true
		left join lateral (select workspace_id from agent where id = t.agent_id offset 0) a on true
	), tg_op = 'DELETE', true);
	return old;
end
$$;
create trigger tidemark_issue_moved after update of project_id on issue
for each row when (old.project_id is distinct from new.project_id)
execute function tidemark_issue_changed();
create trigger tidemark_issue_deleted before delete on issue
for each row execute function tidemark_issue_changed();

create function tidemark_agent_changed() returns trigger
language plpgsql
set jit = off
as $$
begin
	if tg_op = 'DELETE' then
		perform from agent_task_queue where agent_id = old.id order by id for update;
	end if;
	perform tidemark_enqueue(array(
		select ('agent', t.id, t.issue_id, old.id, t.runtime_id, old.workspace_id, i.project_id,
			u.provider, u.model, coalesce(u.created_at, now()))::tidemark_change
		from (select) one
		left join agent_task_queue t on t.agent_id = old.id
		left join lateral (select provider, model, created_at from task_usage where task_id = t.id offset 0) u on true
		left join lateral (select project_id from issue where id = t.issue_id offset 0) i on true
	), true, true);
	return old;
end
$$;
create trigger tidemark_agent_moved after update of workspace_id on agent
for each row when (old.workspace_id is distinct from new.workspace_id)
execute function tidemark_agent_changed();
create trigger tidemark_agent_deleted before delete on agent
for each row execute function tidemark_agent_changed();

create function tidemark_runtime_deleted() returns trigger
language plpgsql
set jit = off
as $$
begin
	-- Its tasks are about to lose it, and in the cascade of a workspace their agents too.
	perform tidemark_enqueue(array(
		select ('task', t.id, t.issue_id, t.agent_id, old.id, a.workspace_id, i.project_id,
			u.provider, u.model, coalesce(u.created_at, now()))::tidemark_change
		from agent_task_queue t
		left join lateral (select provider, model, created_at from task_usage where task_id = t.id offset 0) u on true
		left join lateral (select workspace_id from agent where id = t.agent_id offset 0) a on true
		left join lateral (select project_id from issue where id = t.issue_id offset 0) i on true
		where t.runtime_id = old.id
	), true, false);
	return old;
end
$$;
create trigger tidemark_runtime_deleted before delete on agent_runtime
for each row execute function tidemark_runtime_deleted();

-- Whoever writes usage must not need a right on anything of ours, nor a search_path that finds it: the
-- triggers run as their owner, in this schema. pg_temp comes last, or a temporary view called like one
-- of these tables would be read, and run, as the owner.
do $migration$
declare
	trigger_function regprocedure;
begin
	for trigger_function in
		select oid from pg_proc
		where pronamespace = current_schema()::regnamespace
			and prorettype = 'trigger'::regtype and proname like 'tidemark\_%'
	loop
		execute format('alter function %s security definer', trigger_function);
		execute format('alter function %s set search_path = %I, pg_temp', trigger_function, current_schema());
	end loop;
end
$migration$;
