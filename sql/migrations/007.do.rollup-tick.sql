-- The tick, the same for every pipeline, and the walk over everything. A pipeline called x brings
-- tidemark_x_window(from, to, enqueued before), tidemark_x_rebuild(low, high) and tidemark_x_extent().

-- The newest usage event: updated_at, or created_at where that is NULL. Two steps into two indexes.
create function tidemark_newest_usage() returns timestamptz
language sql stable as $$
	select greatest(
		(select max(updated_at) from task_usage),
		(select max(created_at) from task_usage where updated_at is null))
$$;

-- Up to where a window may reach now: usage younger than the pipeline's settle interval, or than a
-- transaction that is still bringing some, isn't complete.
create function tidemark_settled_until(settle_interval interval) returns timestamptz
language sql as $$
	select least(now(), tidemark_oldest_usage_writer()) - settle_interval
$$;

-- What a rolled back transaction leaves behind: the time (in µs since the epoch) and the SQLSTATE (its
-- five characters as a number) of the last failure. Nothing but a sequence survives a rollback.
create function tidemark_register_failure(pipeline text, code text) returns void
language sql as $$
	select setval(format('tidemark_%s_failed_at', pipeline), (extract(epoch from clock_timestamp()) * 1000000)::bigint),
		setval(format('tidemark_%s_failed_with', pipeline), ('x' || encode(convert_to(code, 'UTF8'), 'hex'))::bit(40)::bigint)
$$;

-- The last failure that was registered and isn't in the log of runs yet; no row when there is none.
create function tidemark_unlogged_failure(pipeline text) returns table (failed_at timestamptz, code text)
language plpgsql as $$
begin
	return query execute format(
		'select to_timestamp(a.last_value / 1000000.0),
			convert_from(decode(lpad(to_hex(w.last_value), 10, ''0''), ''hex''), ''UTF8'')
		from tidemark_%1$s_failed_at a, tidemark_%1$s_failed_with w
		where a.is_called and to_timestamp(a.last_value / 1000000.0) > coalesce((
			select max(finished_at) from tidemark_rollup_runs where pipeline = %1$L and outcome = ''failed''
		), ''-infinity'')', pipeline);
end
$$;

create function tidemark_finish_run(
	run_id bigint, pipeline text, outcome text, started_at timestamptz,
	window_from timestamptz, window_to timestamptz, rows_touched bigint
) returns void
language sql as $$
	insert into tidemark_rollup_runs overriding system value values (
		coalesce(run_id, nextval(pg_get_serial_sequence('tidemark_rollup_runs', 'id'))),
		pipeline, outcome, started_at, clock_timestamp(), window_from, window_to, rows_touched)
	on conflict (id) do update set
		outcome = excluded.outcome,
		finished_at = excluded.finished_at,
		window_from = excluded.window_from,
		window_to = excluded.window_to,
		rows_touched = excluded.rows_touched
$$;

-- One tick, without anything for the case that it fails. `run_id` is its row in the log, if it has one.
create function tidemark_run_tick(pipeline text, run_id bigint) returns bigint
language plpgsql as $$
declare
	p tidemark_rollup_pipelines;
	begun_at constant timestamptz := clock_timestamp();
	watermark timestamptz;
	settled timestamptz;
	next_usage timestamptz;
	reach timestamptz;
	touched bigint;
begin
	select * into p from tidemark_rollup_pipelines where name = pipeline;
	if not found then
		raise exception 'there is no pipeline %', pipeline using errcode = 'undefined_object';
	end if;
	if current_setting('transaction_isolation') <> 'read committed' then
		raise exception 'a rollup runs at isolation level read committed, not %', current_setting('transaction_isolation')
			using errcode = 'invalid_transaction_state';
	end if;
	if not pg_try_advisory_xact_lock(p.lock_key) then
		perform tidemark_finish_run(run_id, pipeline, 'busy', begun_at, null, null, null);
		raise notice 'pipeline % is busy: another session holds lock %', pipeline, p.lock_key;
		return 0;
	end if;

	insert into tidemark_rollup_runs (pipeline, outcome, started_at, finished_at, error_code, error_message)
	select pipeline, 'failed', failed_at, failed_at, code, 'its message went to the caller'
	from tidemark_unlogged_failure(pipeline);
	update tidemark_rollup_runs r set outcome = 'lost', finished_at = clock_timestamp()
	where r.pipeline = p.name and r.outcome = 'running' and r.id is distinct from run_id
		and not exists (select from pg_stat_activity a where a.pid = r.pid);
	delete from tidemark_rollup_runs r where r.pipeline = p.name and r.started_at < now() - interval '7 days';

	execute format('select watermark_at from %I where id = 1', p.state_table) into strict watermark;
	if watermark > now() then
		-- It was stamped by another clock, or by hand: what is written until then would be skipped.
		raise exception 'the watermark of pipeline % is ahead of the clock: %', pipeline, watermark
			using hint = format('Recompute everything: call tidemark_backfill(%L)', pipeline);
	end if;
	-- Before the look for changed rows: what isn't visible then is either held back by this, or too
	-- young for this window, or in the queue.
	settled := tidemark_settled_until(p.settle_interval);
	reach := greatest(settled, watermark);
	if p.max_step is not null then
		-- A stretch without usage costs no steps.
		select least(
			(select min(updated_at) from task_usage where updated_at >= watermark),
			(select min(created_at) from task_usage where updated_at is null and created_at >= watermark))
		into next_usage;
		reach := least(reach, greatest(watermark, coalesce(next_usage, reach)) + p.max_step);
	end if;
	execute format('select tidemark_%s_window($1, $2, $3)', p.name)
	into touched using watermark, reach, now() - p.settle_interval;

	execute format('update %I set watermark_at = $1, last_run_started_at = $2,
		last_run_finished_at = clock_timestamp(), last_run_rows = $3, last_error = null where id = 1', p.state_table)
	using reach, begun_at, touched;
	perform tidemark_finish_run(
		run_id, pipeline, case touched when 0 then 'idle' else 'ok' end, begun_at, watermark, reach, touched);
	return touched;
end
$$;

-- The tick as a function: it fails for its caller, and so can leave nothing but two numbers behind.
create function tidemark_tick(pipeline text) returns bigint
language plpgsql as $$
begin
	return tidemark_run_tick(pipeline, null);
exception when query_canceled or others then
	if to_regclass(format('tidemark_%s_failed_at', pipeline)) is not null then
		perform tidemark_register_failure(pipeline, sqlstate);
	end if;
	raise;
end
$$;

-- The tick as a procedure: a failure is rolled back, written down, committed, and then raised. Not
-- inside a transaction block, where nobody can commit but the client.
create procedure tidemark_tick_durably(pipeline text)
language plpgsql as $$
declare
	run_id bigint;
	state_table text;
	code text;
	message text;
begin
	select p.state_table into state_table from tidemark_rollup_pipelines p where p.name = pipeline;
	if not found then
		raise exception 'there is no pipeline %', pipeline using errcode = 'undefined_object';
	end if;
	-- Seen by everybody while the tick runs; a session that dies leaves it as the evidence.
	insert into tidemark_rollup_runs (pipeline, outcome) values (pipeline, 'running') returning id into run_id;
	commit;
	begin
		perform tidemark_run_tick(pipeline, run_id);
	exception when query_canceled or others then
		get stacked diagnostics code = returned_sqlstate, message = message_text;
	end;
	if code is not null then
		update tidemark_rollup_runs
		set outcome = 'failed', finished_at = clock_timestamp(), error_code = code, error_message = message
		where id = run_id;
		execute format('update %I set last_error = $1 where id = 1', state_table) using code || ': ' || message;
	end if;
	commit;
	if code is not null then
		raise exception using errcode = code, message = message;
	end if;
end
$$;

-- Recomputes everything, a calendar month (UTC) and one transaction at a time, and stamps the
-- watermark to where usage was settled when the walk began: what changed behind its back is younger,
-- or queued. Ticks may run in between. Breaking it off keeps what is done and the watermark as it was.
create procedure tidemark_backfill(pipeline text)
language plpgsql as $$
declare
	p tidemark_rollup_pipelines;
	settled timestamptz;
	low timestamptz;
	high timestamptz;
	touched bigint;
begin
	select * into p from tidemark_rollup_pipelines where name = pipeline;
	if not found then
		raise exception 'there is no pipeline %', pipeline using errcode = 'undefined_object';
	end if;
	settled := tidemark_settled_until(p.settle_interval);
	execute format('select e.low, e.high from tidemark_%s_extent() e', p.name) into low, high;
	low := date_trunc('month', low, 'UTC');
	commit;
	while low <= high loop
		perform tidemark_lock_rollup(pipeline);
		execute format('select tidemark_%s_rebuild($1, $2)', p.name)
		into touched using low, (low at time zone 'UTC' + interval '1 month') at time zone 'UTC';
		raise notice '% from %: % rows', pipeline, (low at time zone 'UTC')::date, touched;
		commit;
		low := (low at time zone 'UTC' + interval '1 month') at time zone 'UTC';
	end loop;
	perform tidemark_lock_rollup(pipeline);
	-- A watermark ahead of the clock is brought back; everything before it has just been recomputed.
	execute format('update %I set watermark_at = case when watermark_at > now() then $1
		else greatest(watermark_at, $1) end where id = 1', p.state_table) using settled;
	commit;
end
$$;
