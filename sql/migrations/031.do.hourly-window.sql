-- The window function of the hourly pipeline, in four steps: take the queue, find what changed,
-- recompute whole hours where much did, and single buckets where little did.

-- Empties the queue of what was enqueued before a moment, and says which buckets that concerns. One
-- statement, hence one snapshot.
create function tidemark_hourly_take(enqueued_before timestamptz) returns setof tidemark_hourly_key
language sql as $$
	with due as (
		delete from task_usage_hourly_dirty where enqueued_at < enqueued_before returning *
	)
	select distinct task_usage_hour_bucket(event_at), workspace_id, runtime_id, agent_id, project_id, provider, model
	from tidemark_resolve(
		array(
			select (cause, task_id, issue_id, agent_id, runtime_id, workspace_id, project_id,
				provider, model, bucket_hour)::tidemark_change
			from due where cause is not null),
		array(
			select (cause, task_id, issue_id, agent_id, runtime_id, workspace_id, project_id,
				provider, model, bucket_hour)::tidemark_change
			from task_usage_hourly_dirty where cause is not null))
	where runtime_id is not null
	union
	select bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model
	from due
	where model is not null
$$;

-- Makes the hours from `low` up to `high` what raw says they are; gives the rows touched. Rollup and raw
-- are compared by a full join, which can't become a loop over both however wrong the estimates are.
create function tidemark_hourly_rebuild_hours(low timestamptz, high timestamptz) returns bigint
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
		select bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model,
			sum(input_tokens)::bigint as input_tokens,
			sum(output_tokens)::bigint as output_tokens,
			sum(cache_read_tokens)::bigint as cache_read_tokens,
			sum(cache_write_tokens)::bigint as cache_write_tokens,
			count(*) as event_count,
			count(distinct task_id) as task_count
		from tidemark_usage_hourly
		where created_at >= low and created_at < high
		group by bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model
	),
	existing as (
		select ctid as place, * from task_usage_hourly where bucket_hour >= low and bucket_hour < high
	),
	difference as materialized (
		select r.place, f.*
		from fresh f
		full join existing r on (f.bucket_hour, f.workspace_id, f.runtime_id, f.agent_id, f.provider, f.model)
				= (r.bucket_hour, r.workspace_id, r.runtime_id, r.agent_id, r.provider, r.model)
			and coalesce(f.project_id, '00000000-0000-0000-0000-000000000000')
				= coalesce(r.project_id, '00000000-0000-0000-0000-000000000000')
		where (f.input_tokens, f.output_tokens, f.cache_read_tokens, f.cache_write_tokens, f.event_count, f.task_count)
			is distinct from (r.input_tokens, r.output_tokens, r.cache_read_tokens, r.cache_write_tokens, r.event_count, r.task_count)
	),
	gone as (
		delete from task_usage_hourly
		where ctid = any (array(select place from difference where bucket_hour is null))
		returning 1
	),
	put as (
		insert into task_usage_hourly (
			bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model,
			input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, event_count, task_count)
		select bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model,
			input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, event_count, task_count
		from difference
		where bucket_hour is not null
		-- In the order of the index: filling its pages at random takes half as long again.
		order by bucket_hour, workspace_id, runtime_id
		on conflict (bucket_hour, workspace_id, runtime_id, agent_id,
			coalesce(project_id, '00000000-0000-0000-0000-000000000000'), provider, model)
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
create function tidemark_hourly_rebuild_keys(keys tidemark_hourly_key[]) returns bigint
language plpgsql
set plan_cache_mode = force_custom_plan
set work_mem = '64MB'
set jit = off
as $$
declare
	hours timestamptz[] := array(select distinct bucket_hour from unnest(keys));
	agents uuid[] := array(select distinct agent_id from unnest(keys));
	runtimes uuid[] := array(select distinct runtime_id from unnest(keys));
	in_hours bigint;
	of_agents bigint;
	of_runtimes bigint;
	path text;
	touched bigint;
begin
	select count(*) into in_hours
	from unnest(hours) as b (bucket_hour)
	cross join lateral (
		select from task_usage
		where created_at >= b.bucket_hour and created_at < b.bucket_hour + interval '1 hour'
		offset 0
	) u;
	select count(*) into of_agents
	from (
		select from unnest(agents) as o (agent_id)
		cross join lateral (select from agent_task_queue t where t.agent_id = o.agent_id offset 0) t
		limit in_hours + 1
	) t;
	select count(*) into of_runtimes
	from (
		select from unnest(runtimes) as o (runtime_id)
		cross join lateral (select from agent_task_queue t where t.runtime_id = o.runtime_id offset 0) t
		limit in_hours + 1
	) t;
	path := case least(in_hours, of_agents, of_runtimes)
		when of_runtimes then 'runtimes' when of_agents then 'agents' else 'hours' end;

	with wanted as materialized (
		select distinct * from unnest(keys)
	),
	nearby as materialized (
		select usage_id
		from (
			select u.id as usage_id, b.bucket_hour, t.agent_id, t.runtime_id
			from unnest(case path when 'hours' then hours end) as b (bucket_hour)
			cross join lateral (
				select id, task_id from task_usage
				where created_at >= b.bucket_hour and created_at < b.bucket_hour + interval '1 hour'
				offset 0
			) u
			cross join lateral (select agent_id, runtime_id from agent_task_queue where id = u.task_id offset 0) t
			union all
			select u.id, task_usage_hour_bucket(u.created_at), o.agent_id, t.runtime_id
			from unnest(case path when 'agents' then agents end) as o (agent_id)
			cross join lateral (select id, runtime_id from agent_task_queue where agent_id = o.agent_id offset 0) t
			cross join lateral (select id, created_at from task_usage where task_id = t.id offset 0) u
			union all
			select u.id, task_usage_hour_bucket(u.created_at), t.agent_id, o.runtime_id
			from unnest(case path when 'runtimes' then runtimes end) as o (runtime_id)
			cross join lateral (select id, agent_id from agent_task_queue where runtime_id = o.runtime_id offset 0) t
			cross join lateral (select id, created_at from task_usage where task_id = t.id offset 0) u
			offset 0
		) n
		where (bucket_hour, agent_id, runtime_id) in (select bucket_hour, agent_id, runtime_id from wanted)
	),
	fresh as (
		select v.bucket_hour, v.workspace_id, v.runtime_id, v.agent_id, v.project_id, v.provider, v.model,
			sum(v.input_tokens)::bigint as input_tokens,
			sum(v.output_tokens)::bigint as output_tokens,
			sum(v.cache_read_tokens)::bigint as cache_read_tokens,
			sum(v.cache_write_tokens)::bigint as cache_write_tokens,
			count(*) as event_count,
			count(distinct v.task_id) as task_count
		from (
			select v.* from nearby n
			cross join lateral (select * from tidemark_usage_hourly where usage_id = n.usage_id offset 0) v
			offset 0
		) v
		join wanted w on (w.bucket_hour, w.workspace_id, w.runtime_id, w.agent_id, w.provider, w.model)
				= (v.bucket_hour, v.workspace_id, v.runtime_id, v.agent_id, v.provider, v.model)
			and coalesce(w.project_id, '00000000-0000-0000-0000-000000000000')
				= coalesce(v.project_id, '00000000-0000-0000-0000-000000000000')
		group by 1, 2, 3, 4, 5, 6, 7
	),
	existing as (
		select r.ctid as place, r.*
		from wanted w
		join task_usage_hourly r on (r.bucket_hour, r.workspace_id, r.runtime_id, r.agent_id, r.provider, r.model)
				= (w.bucket_hour, w.workspace_id, w.runtime_id, w.agent_id, w.provider, w.model)
			and coalesce(r.project_id, '00000000-0000-0000-0000-000000000000')
				= coalesce(w.project_id, '00000000-0000-0000-0000-000000000000')
	),
	difference as materialized (
		select r.place, f.*
		from fresh f
		full join existing r on (f.bucket_hour, f.workspace_id, f.runtime_id, f.agent_id, f.provider, f.model)
				= (r.bucket_hour, r.workspace_id, r.runtime_id, r.agent_id, r.provider, r.model)
			and coalesce(f.project_id, '00000000-0000-0000-0000-000000000000')
				= coalesce(r.project_id, '00000000-0000-0000-0000-000000000000')
		where (f.input_tokens, f.output_tokens, f.cache_read_tokens, f.cache_write_tokens, f.event_count, f.task_count)
			is distinct from (r.input_tokens, r.output_tokens, r.cache_read_tokens, r.cache_write_tokens, r.event_count, r.task_count)
	),
	gone as (
		delete from task_usage_hourly
		where ctid = any (array(select place from difference where bucket_hour is null))
		returning 1
	),
	put as (
		insert into task_usage_hourly (
			bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model,
			input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, event_count, task_count)
		select bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model,
			input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, event_count, task_count
		from difference
		where bucket_hour is not null
		on conflict (bucket_hour, workspace_id, runtime_id, agent_id,
			coalesce(project_id, '00000000-0000-0000-0000-000000000000'), provider, model)
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
create function tidemark_hourly_window(
	window_from timestamptz, window_to timestamptz, enqueued_before timestamptz
) returns bigint
language plpgsql
set plan_cache_mode = force_custom_plan
set jit = off
as $$
declare
	-- From this many changed rows on an hour is recomputed whole, which needs no look at its keys.
	many constant int := 8;
	keys tidemark_hourly_key[] := '{}';
	full_hours timestamptz[];
	sparse_hours timestamptz[];
	low timestamptz;
	high timestamptz;
	touched bigint := 0;
begin
	-- The queue first: what its rows say is then visible to every statement below.
	if exists (select from task_usage_hourly_dirty where enqueued_at < enqueued_before) then
		keys := array(select k from tidemark_hourly_take(enqueued_before) k);
	end if;

	select coalesce(array_agg(bucket_hour) filter (where is_full), '{}'),
		coalesce(array_agg(bucket_hour) filter (where not is_full), '{}')
	into full_hours, sparse_hours
	from (
		select bucket_hour, changed >= many or count(*) over () <= 3 as is_full
		from (
			select task_usage_hour_bucket(created_at) as bucket_hour, count(*) as changed
			from (
				select created_at from task_usage where updated_at >= window_from and updated_at < window_to
				union all
				select created_at from task_usage
				where updated_at is null and created_at >= window_from and created_at < window_to
			) c
			group by 1
		) h
	) f;

	if sparse_hours <> '{}' then
		keys := keys || array(
			select distinct (bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model)::tidemark_hourly_key
			from tidemark_usage_hourly
			where bucket_hour = any (sparse_hours) and (
				updated_at >= window_from and updated_at < window_to
				or updated_at is null and created_at >= window_from and created_at < window_to)
		);
	end if;

	-- A flood of keys is cheaper by whole hours too.
	if cardinality(keys) > 20000 then
		full_hours := full_hours || array(select distinct bucket_hour from unnest(keys));
		keys := '{}';
	end if;

	for low, high in
		select min(bucket_hour), max(bucket_hour) + interval '1 hour'
		from (
			select bucket_hour, bucket_hour - interval '1 hour' * dense_rank() over (order by bucket_hour) as run
			from unnest(full_hours) as h (bucket_hour)
		) runs
		group by run
	loop
		touched := touched + tidemark_hourly_rebuild_hours(low, high);
	end loop;

	keys := array(select k from unnest(keys) k where k.bucket_hour <> all (full_hours));
	if keys <> '{}' then
		touched := touched + tidemark_hourly_rebuild_keys(keys);
	end if;
	return touched;
end
$$;

-- The window call as the contract has it; it takes the pipeline's lock by itself and waits for it.
create function rollup_task_usage_hourly_window(window_from timestamptz, window_to timestamptz) returns bigint
language plpgsql as $$
begin
	perform tidemark_lock_rollup('hourly');
	return tidemark_hourly_window(window_from, window_to, window_to);
end
$$;

-- A replay by bucket time: the hours from `bucket_from` up to `bucket_to` made what raw says they are,
-- rows without raw behind them included. The queue is left alone.
create function rollup_task_usage_hourly_buckets(bucket_from timestamptz, bucket_to timestamptz) returns bigint
language plpgsql as $$
begin
	perform tidemark_lock_rollup('hourly');
	return tidemark_hourly_rebuild_hours(
		task_usage_hour_bucket(bucket_from),
		task_usage_hour_bucket(bucket_to + interval '1 hour' - interval '1 microsecond'));
end
$$;
