-- What the hourly pipeline is called by: tick, lag, prune, and the search for orphans.

create sequence tidemark_hourly_failed_at minvalue 0 start 0;
create sequence tidemark_hourly_failed_with minvalue 0 start 0;

-- For the walk over everything: some time in the first and in the last bucket, raw or rolled up.
create function tidemark_hourly_extent() returns table (low timestamptz, high timestamptz)
language sql stable as $$
	select
		least((select min(created_at) from task_usage), (select min(bucket_hour) from task_usage_hourly)),
		greatest((select max(created_at) from task_usage), (select max(bucket_hour) from task_usage_hourly))
$$;

create function tidemark_hourly_rebuild(low timestamptz, high timestamptz) returns bigint
language sql as $$
	select tidemark_hourly_rebuild_hours(low, high)
$$;

create function rollup_task_usage_hourly() returns bigint
language sql as $$
	select tidemark_tick('hourly')
$$;

-- `call` this where a failure must be found in last_error afterwards; a function can't commit it.
create procedure rollup_task_usage_hourly_tick()
language plpgsql as $$
begin
	call tidemark_tick_durably('hourly');
end
$$;

-- Run age, whatever its name says: seconds since a tick last succeeded; NULL when none ever did.
create function task_usage_hourly_rollup_lag_seconds() returns double precision
language sql stable as $$
	select extract(epoch from now() - last_run_finished_at)::float8 from task_usage_hourly_rollup_state
$$;

-- Data lag: seconds by which the newest usage is ahead of the watermark; 0 when there is none.
create function task_usage_hourly_rollup_data_lag_seconds() returns double precision
language sql stable as $$
	select coalesce(greatest(0, extract(epoch from tidemark_newest_usage())
		- extract(epoch from watermark_at)), 0)::float8
	from task_usage_hourly_rollup_state
$$;

-- Takes invalidations older than `retention` out of the queue by doing what they ask for; dropping
-- them would leave their buckets wrong for good. Gives the rows taken, 0 when another has the lock.
create function prune_task_usage_hourly_dirty(retention interval default '7 days') returns bigint
language plpgsql as $$
declare
	due bigint;
begin
	if not pg_try_advisory_xact_lock(4246) then
		raise notice 'pipeline hourly is busy: another session holds lock 4246';
		return 0;
	end if;
	perform tidemark_lock_rollup('hourly');
	select count(*) into due from task_usage_hourly_dirty where enqueued_at < now() - retention;
	perform tidemark_hourly_window('-infinity', '-infinity', now() - retention);
	return due;
end
$$;

-- Rows with nothing raw behind them, and no invalidation queued that would remove them.
create function task_usage_hourly_orphans(
	bucket_from timestamptz default '-infinity', bucket_to timestamptz default 'infinity'
) returns setof task_usage_hourly
language sql stable as $$
	-- Also of rows that name no bucket: what its reader makes of all that is queued.
	with told as materialized (
		select array(
			select (cause, task_id, issue_id, agent_id, runtime_id, workspace_id, project_id,
				provider, model, bucket_hour)::tidemark_change
			from task_usage_hourly_dirty where cause is not null
		) as changes
	),
	queued as materialized (
		select task_usage_hour_bucket(event_at) as bucket_hour,
			workspace_id, runtime_id, agent_id, project_id, provider, model
		from told cross join lateral tidemark_resolve(told.changes, told.changes)
		where runtime_id is not null
		union
		select bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model
		from task_usage_hourly_dirty
		where model is not null
	)
	select r.*
	from task_usage_hourly r
	where r.bucket_hour >= bucket_from and r.bucket_hour < bucket_to
		and not exists (
			select from tidemark_usage_hourly v
			where (v.bucket_hour, v.workspace_id, v.runtime_id, v.agent_id, v.provider, v.model)
				= (r.bucket_hour, r.workspace_id, r.runtime_id, r.agent_id, r.provider, r.model)
				and coalesce(v.project_id, '00000000-0000-0000-0000-000000000000')
				= coalesce(r.project_id, '00000000-0000-0000-0000-000000000000')
				and v.created_at >= bucket_from and v.created_at < bucket_to
		)
		and not exists (
			select from queued d
			where (d.bucket_hour, d.workspace_id, d.runtime_id, d.agent_id, d.provider, d.model)
				= (r.bucket_hour, r.workspace_id, r.runtime_id, r.agent_id, r.provider, r.model)
				and coalesce(d.project_id, '00000000-0000-0000-0000-000000000000')
				= coalesce(r.project_id, '00000000-0000-0000-0000-000000000000')
		)
$$;

-- Makes the buckets of these keys what raw says they are, at once; gives the rows touched. For
-- orphans: select repair_task_usage_hourly(array(select (o.bucket_hour, o.workspace_id, o.runtime_id,
-- o.agent_id, o.project_id, o.provider, o.model)::tidemark_hourly_key from task_usage_hourly_orphans() o))
create function repair_task_usage_hourly(keys tidemark_hourly_key[]) returns bigint
language plpgsql as $$
begin
	perform tidemark_lock_rollup('hourly');
	return tidemark_hourly_rebuild_keys(keys);
end
$$;
