-- What the daily pipeline is called by: tick, lag, prune, and the search for orphans.

create sequence tidemark_daily_failed_at minvalue 0 start 0;
create sequence tidemark_daily_failed_with minvalue 0 start 0;

-- For the walk over everything: some time in the first and in the last bucket, raw or rolled up.
create function tidemark_daily_extent() returns table (low timestamptz, high timestamptz)
language sql stable as $$
	select
		least((select min(created_at) from task_usage),
			(select min(bucket_date)::timestamp at time zone s.time_zone from task_usage_daily)),
		greatest((select max(created_at) from task_usage),
			(select max(bucket_date)::timestamp at time zone s.time_zone from task_usage_daily))
	from task_usage_rollup_state s
$$;

create function tidemark_daily_rebuild(low timestamptz, high timestamptz) returns bigint
language sql as $$
	-- Whole days of the pipeline's zone that overlap.
	select tidemark_daily_rebuild_days((low at time zone time_zone)::date, (high at time zone time_zone)::date + 1)
	from task_usage_rollup_state
$$;

create function rollup_task_usage_daily() returns bigint
language sql as $$
	select tidemark_tick('daily')
$$;

-- `call` this where a failure must be found in last_error afterwards; a function can't commit it.
create procedure rollup_task_usage_daily_tick()
language plpgsql as $$
begin
	call tidemark_tick_durably('daily');
end
$$;

-- Run age, whatever its name says: seconds since a tick last succeeded; NULL when none ever did.
create function task_usage_rollup_lag_seconds() returns double precision
language sql stable as $$
	select extract(epoch from now() - last_run_finished_at)::float8 from task_usage_rollup_state
$$;

-- Data lag: seconds by which the newest usage is ahead of the watermark; 0 when there is none.
create function task_usage_rollup_data_lag_seconds() returns double precision
language sql stable as $$
	select coalesce(greatest(0, extract(epoch from tidemark_newest_usage())
		- extract(epoch from watermark_at)), 0)::float8
	from task_usage_rollup_state
$$;

-- Takes invalidations older than `retention` out of the queue by doing what they ask for; dropping
-- them would leave their buckets wrong for good. Gives the rows taken, 0 when another has the lock.
create function prune_task_usage_daily_dirty(retention interval default '7 days') returns bigint
language plpgsql as $$
declare
	due bigint;
begin
	if not pg_try_advisory_xact_lock(4242) then
		raise notice 'pipeline daily is busy: another session holds lock 4242';
		return 0;
	end if;
	perform tidemark_lock_rollup('daily');
	select count(*) into due from task_usage_daily_dirty where enqueued_at < now() - retention;
	perform tidemark_daily_window('-infinity', '-infinity', now() - retention);
	return due;
end
$$;

-- Rows with nothing raw behind them, and no invalidation queued that would remove them.
create function task_usage_daily_orphans(
	bucket_from date default '-infinity', bucket_to date default 'infinity'
) returns setof task_usage_daily
language sql stable as $$
	-- Also of rows that name no bucket: what its reader makes of all that is queued.
	with told as materialized (
		select array(
			select (cause, task_id, null, agent_id, runtime_id, workspace_id, null,
				provider, model, bucket_date::timestamp at time zone s.time_zone)::tidemark_change
			from task_usage_daily_dirty, task_usage_rollup_state s where cause is not null
		) as changes
	),
	queued as materialized (
		select (event_at at time zone (select time_zone from task_usage_rollup_state))::date as bucket_date,
			workspace_id, runtime_id, provider, model
		from told cross join lateral tidemark_resolve(told.changes, told.changes)
		where runtime_id is not null
		union
		select bucket_date, workspace_id, runtime_id, provider, model
		from task_usage_daily_dirty
		where model is not null
	)
	select r.*
	from task_usage_daily r
	cross join task_usage_rollup_state s
	where r.bucket_date >= bucket_from and r.bucket_date < bucket_to
		and not exists (
			select from tidemark_usage_daily v
			where (v.bucket_date, v.workspace_id, v.runtime_id, v.provider, v.model)
				= (r.bucket_date, r.workspace_id, r.runtime_id, r.provider, r.model)
				and v.created_at >= bucket_from::timestamp at time zone s.time_zone - interval '3 hours'
				and v.created_at < bucket_to::timestamp at time zone s.time_zone + interval '3 hours'
		)
		and not exists (
			select from queued d
			where (d.bucket_date, d.workspace_id, d.runtime_id, d.provider, d.model)
				= (r.bucket_date, r.workspace_id, r.runtime_id, r.provider, r.model)
		)
$$;

-- Makes the buckets of these keys what raw says they are, at once; gives the rows touched. For
-- orphans: select repair_task_usage_daily(array(select (o.bucket_date, o.workspace_id, o.runtime_id,
-- o.provider, o.model)::tidemark_daily_key from task_usage_daily_orphans() o))
create function repair_task_usage_daily(keys tidemark_daily_key[]) returns bigint
language plpgsql as $$
begin
	perform tidemark_lock_rollup('daily');
	return tidemark_daily_rebuild_keys(keys);
end
$$;
