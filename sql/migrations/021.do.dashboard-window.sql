-- The window function of the dashboard pipeline, in four steps: take the queue, find what changed,
-- recompute whole days where much did, and single buckets where little did.

-- Empties the queue of what was enqueued before a moment, and says which buckets that concerns. One
-- statement, hence one snapshot.
create function tidemark_dashboard_take(enqueued_before timestamptz) returns setof tidemark_dashboard_key
language sql as $$
	with due as (
		delete from task_usage_dashboard_dirty where enqueued_at < enqueued_before returning *
	)
	select distinct (event_at at time zone 'UTC')::date, workspace_id, agent_id, project_id, model
	from tidemark_resolve(
		array(
			select (cause, task_id, issue_id, agent_id, null, workspace_id, project_id,
				null, model, bucket_date::timestamp at time zone 'UTC')::tidemark_change
			from due where cause is not null),
		array(
			select (cause, task_id, issue_id, agent_id, null, workspace_id, project_id,
				null, model, bucket_date::timestamp at time zone 'UTC')::tidemark_change
			from task_usage_dashboard_dirty where cause is not null))
	union
	select bucket_date, workspace_id, agent_id, project_id, model
	from due
	where model is not null
$$;

-- Makes the days from `low` up to `high` what raw says they are; gives the rows touched. Rollup and raw
-- are compared by a full join, which can't become a loop over both however wrong the estimates are.
create function tidemark_dashboard_rebuild_days(low date, high date) returns bigint
language plpgsql
-- A plan for these very buckets: one for any would expect a fixed share of the whole table. Room for a
-- month in memory.
set plan_cache_mode = force_custom_plan
set work_mem = '64MB'
-- The tasks of a day were written together and are in memory: at the price of a disk's seek the planner
-- would rather read all tasks there are than probe for these.
set random_page_cost = 1.1
set jit = off
as $$
declare
	touched bigint;
begin
	with fresh as (
		select bucket_date, workspace_id, agent_id, project_id, model,
			sum(input_tokens)::bigint as input_tokens,
			sum(output_tokens)::bigint as output_tokens,
			sum(cache_read_tokens)::bigint as cache_read_tokens,
			sum(cache_write_tokens)::bigint as cache_write_tokens,
			count(*) as event_count,
			count(distinct task_id) as task_count
		from tidemark_usage_dashboard
		where created_at >= low::timestamp at time zone 'UTC' and created_at < high::timestamp at time zone 'UTC'
		group by bucket_date, workspace_id, agent_id, project_id, model
	),
	existing as (
		select ctid as place, * from task_usage_dashboard_daily where bucket_date >= low and bucket_date < high
	),
	difference as materialized (
		select r.place, f.*
		from fresh f
		full join existing r on (f.bucket_date, f.workspace_id, f.agent_id, f.model)
				= (r.bucket_date, r.workspace_id, r.agent_id, r.model)
			and coalesce(f.project_id, '00000000-0000-0000-0000-000000000000')
				= coalesce(r.project_id, '00000000-0000-0000-0000-000000000000')
		where (f.input_tokens, f.output_tokens, f.cache_read_tokens, f.cache_write_tokens, f.event_count, f.task_count)
			is distinct from (r.input_tokens, r.output_tokens, r.cache_read_tokens, r.cache_write_tokens, r.event_count, r.task_count)
	),
	gone as (
		delete from task_usage_dashboard_daily
		where ctid = any (array(select place from difference where bucket_date is null))
		returning 1
	),
	put as (
		insert into task_usage_dashboard_daily (
			bucket_date, workspace_id, agent_id, project_id, model,
			input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, event_count, task_count)
		select bucket_date, workspace_id, agent_id, project_id, model,
			input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, event_count, task_count
		from difference
		where bucket_date is not null
		-- In the order of the index: filling its pages at random takes half as long again.
		order by bucket_date, workspace_id, agent_id
		on conflict (bucket_date, workspace_id, agent_id,
			coalesce(project_id, '00000000-0000-0000-0000-000000000000'), model)
		do update set
			input_tokens = excluded.input_tokens,
			output_tokens = excluded.output_tokens,
			cache_read_tokens = excluded.cache_read_tokens,
			cache_write_tokens = excluded.cache_write_tokens,
			event_count = excluded.event_count,
			task_count = excluded.task_count,
			updated_at = now()
		returning 1
	)
	select (select count(*) from gone) + (select count(*) from put) into touched;
	return touched;
end
$$;

-- Makes single buckets what raw says they are; gives the rows touched. Raw has no index on the key,
-- only on time and on a task's owners: whichever has the fewest rows to read is read, row by row through
-- the indexes. `offset 0` keeps the planner from turning the probes into a scan of everything.
create function tidemark_dashboard_rebuild_keys(keys tidemark_dashboard_key[]) returns bigint
language plpgsql
set plan_cache_mode = force_custom_plan
set work_mem = '64MB'
set jit = off
as $$
declare
	days date[] := array(select distinct bucket_date from unnest(keys));
	agents uuid[] := array(select distinct agent_id from unnest(keys));
	in_days bigint;
	of_agents bigint;
	path text;
	touched bigint;
begin
	select count(*) into in_days
	from unnest(days) as b (bucket_date)
	cross join lateral (
		select from task_usage
		where created_at >= b.bucket_date::timestamp at time zone 'UTC'
			and created_at < (b.bucket_date + 1)::timestamp at time zone 'UTC'
		offset 0
	) u;
	select count(*) into of_agents
	from (
		select from unnest(agents) as o (agent_id)
		cross join lateral (select from agent_task_queue t where t.agent_id = o.agent_id offset 0) t
		limit in_days + 1
	) t;
	path := case when of_agents <= in_days then 'agents' else 'days' end;

	with wanted as materialized (
		select distinct * from unnest(keys)
	),
	nearby as materialized (
		select usage_id
		from (
			select u.id as usage_id, b.bucket_date, t.agent_id
			from unnest(case path when 'days' then days end) as b (bucket_date)
			cross join lateral (
				select id, task_id from task_usage
				where created_at >= b.bucket_date::timestamp at time zone 'UTC'
					and created_at < (b.bucket_date + 1)::timestamp at time zone 'UTC'
				offset 0
			) u
			cross join lateral (select agent_id from agent_task_queue where id = u.task_id offset 0) t
			union all
			select u.id, (u.created_at at time zone 'UTC')::date, o.agent_id
			from unnest(case path when 'agents' then agents end) as o (agent_id)
			cross join lateral (select id from agent_task_queue where agent_id = o.agent_id offset 0) t
			cross join lateral (select id, created_at from task_usage where task_id = t.id offset 0) u
			offset 0
		) n
		where (bucket_date, agent_id) in (select bucket_date, agent_id from wanted)
	),
	fresh as (
		select v.bucket_date, v.workspace_id, v.agent_id, v.project_id, v.model,
			sum(v.input_tokens)::bigint as input_tokens,
			sum(v.output_tokens)::bigint as output_tokens,
			sum(v.cache_read_tokens)::bigint as cache_read_tokens,
			sum(v.cache_write_tokens)::bigint as cache_write_tokens,
			count(*) as event_count,
			count(distinct v.task_id) as task_count
		from (
			select v.* from nearby n
			cross join lateral (select * from tidemark_usage_dashboard where usage_id = n.usage_id offset 0) v
			offset 0
		) v
		join wanted w on (w.bucket_date, w.workspace_id, w.agent_id, w.model)
				= (v.bucket_date, v.workspace_id, v.agent_id, v.model)
			and coalesce(w.project_id, '00000000-0000-0000-0000-000000000000')
				= coalesce(v.project_id, '00000000-0000-0000-0000-000000000000')
		group by 1, 2, 3, 4, 5
	),
	existing as (
		select r.ctid as place, r.*
		from wanted w
		join task_usage_dashboard_daily r on (r.bucket_date, r.workspace_id, r.agent_id, r.model)
				= (w.bucket_date, w.workspace_id, w.agent_id, w.model)
			and coalesce(r.project_id, '00000000-0000-0000-0000-000000000000')
				= coalesce(w.project_id, '00000000-0000-0000-0000-000000000000')
	),
	difference as materialized (
		select r.place, f.*
		from fresh f
		full join existing r on (f.bucket_date, f.workspace_id, f.agent_id, f.model)
				= (r.bucket_date, r.workspace_id, r.agent_id, r.model)
			and coalesce(f.project_id, '00000000-0000-0000-0000-000000000000')
				= coalesce(r.project_id, '00000000-0000-0000-0000-000000000000')
		where (f.input_tokens, f.output_tokens, f.cache_read_tokens, f.cache_write_tokens, f.event_count, f.task_count)
			is distinct from (r.input_tokens, r.output_tokens, r.cache_read_tokens, r.cache_write_tokens, r.event_count, r.task_count)
	),
	gone as (
		delete from task_usage_dashboard_daily
		where ctid = any (array(select place from difference where bucket_date is null))
		returning 1
	),
	put as (
		insert into task_usage_dashboard_daily (
			bucket_date, workspace_id, agent_id, project_id, model,
			input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, event_count, task_count)
		select bucket_date, workspace_id, agent_id, project_id, model,
			input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, event_count, task_count
		from difference
		where bucket_date is not null
		on conflict (bucket_date, workspace_id, agent_id,
			coalesce(project_id, '00000000-0000-0000-0000-000000000000'), model)
		do update set
			input_tokens = excluded.input_tokens,
			output_tokens = excluded.output_tokens,
			cache_read_tokens = excluded.cache_read_tokens,
			cache_write_tokens = excluded.cache_write_tokens,
			event_count = excluded.event_count,
			task_count = excluded.task_count,
			updated_at = now()
		returning 1
	)
	select (select count(*) from gone) + (select count(*) from put) into touched;
	return touched;
end
$$;

-- One window: usage written from `window_from` up to `window_to`, and what was enqueued before
-- `enqueued_before`. Gives the rows touched. The caller holds the lock.
create function tidemark_dashboard_window(
	window_from timestamptz, window_to timestamptz, enqueued_before timestamptz
) returns bigint
language plpgsql
set plan_cache_mode = force_custom_plan
set jit = off
as $$
declare
	-- From this many changed rows on a day is recomputed whole, which needs no look at its keys.
	many constant int := 8;
	keys tidemark_dashboard_key[] := '{}';
	full_days date[];
	sparse_days date[];
	low date;
	high date;
	touched bigint := 0;
begin
	-- The queue first: what its rows say is then visible to every statement below.
	if exists (select from task_usage_dashboard_dirty where enqueued_at < enqueued_before) then
		keys := array(select k from tidemark_dashboard_take(enqueued_before) k);
	end if;

	select coalesce(array_agg(bucket_date) filter (where is_full), '{}'),
		coalesce(array_agg(bucket_date) filter (where not is_full), '{}')
	into full_days, sparse_days
	from (
		select bucket_date, changed >= many or count(*) over () <= 3 as is_full
		from (
			select (created_at at time zone 'UTC')::date as bucket_date, count(*) as changed
			from (
				select created_at from task_usage where updated_at >= window_from and updated_at < window_to
				union all
				select created_at from task_usage
				where updated_at is null and created_at >= window_from and created_at < window_to
			) c
			group by 1
		) h
	) f;

	if sparse_days <> '{}' then
		keys := keys || array(
			select distinct (bucket_date, workspace_id, agent_id, project_id, model)::tidemark_dashboard_key
			from tidemark_usage_dashboard
			where bucket_date = any (sparse_days) and (
				updated_at >= window_from and updated_at < window_to
				or updated_at is null and created_at >= window_from and created_at < window_to)
		);
	end if;

	-- A flood of keys is cheaper by whole days too.
	if cardinality(keys) > 20000 then
		full_days := full_days || array(select distinct bucket_date from unnest(keys));
		keys := '{}';
	end if;

	for low, high in
		select min(bucket_date), max(bucket_date) + 1
		from (
			select bucket_date, bucket_date - dense_rank() over (order by bucket_date)::int as run
			from unnest(full_days) as d (bucket_date)
		) runs
		group by run
	loop
		touched := touched + tidemark_dashboard_rebuild_days(low, high);
	end loop;

	keys := array(select k from unnest(keys) k where k.bucket_date <> all (full_days));
	if keys <> '{}' then
		touched := touched + tidemark_dashboard_rebuild_keys(keys);
	end if;
	return touched;
end
$$;

-- The window call as the contract has it; it takes the pipeline's lock by itself and waits for it.
create function rollup_task_usage_dashboard_daily_window(window_from timestamptz, window_to timestamptz) returns bigint
language plpgsql as $$
begin
	perform tidemark_lock_rollup('dashboard');
	return tidemark_dashboard_window(window_from, window_to, window_to);
end
$$;

-- A replay by bucket time: the days from `bucket_from` up to `bucket_to` made what raw says they are,
-- rows without raw behind them included. The queue is left alone.
create function rollup_task_usage_dashboard_daily_buckets(bucket_from date, bucket_to date) returns bigint
language plpgsql as $$
begin
	perform tidemark_lock_rollup('dashboard');
	return tidemark_dashboard_rebuild_days(bucket_from, bucket_to);
end
$$;
