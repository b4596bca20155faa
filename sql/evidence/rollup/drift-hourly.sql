-- title: Hourly buckets against raw usage
-- panel: rollups
-- needs: task_usage_hourly(bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, event_count), task_usage_hourly_rollup_state(id, watermark_at), task_usage_hourly_dirty(bucket_hour, model), task_usage(id, task_id, provider, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, created_at, updated_at), agent_task_queue(id, agent_id, runtime_id, issue_id), agent(id, workspace_id), issue(id, project_id)
-- columns: pipeline text, checked integer, first_at timestamp, last_at timestamp, suspects integer, compared integer, wrong integer, ghosts integer, missing integer, newest_at timestamp
-- why: A spot check, bounded: the newest 50,000 settled usage rows, summed up hour by hour, against the sums of the
-- why: buckets; of the hours that differ the newest 24 again, without the usage of tasks that have no runtime,
-- why: which is in no bucket; and the newest three that still do bucket by bucket, with the owners joined. The
-- why: oldest hour is left out, since it may be cut. So is one that has rows younger than the watermark or a queued
-- why: invalidation: it is about to be mended; with over 20,000 invalidations nothing is said. What cancels
-- why: out within a hour is not seen. Sums are numeric: an absurd row must not end the check.
with queued as materialized (
	-- Rows of tidemark's own queues may name a task. Where there is no such column, the name is of `none`.
	select queued.*
	from (select null::uuid as task_id) as none
	cross join lateral (
		select bucket_hour, model, task_id from task_usage_hourly_dirty limit 20001
	) as queued
),
state as materialized (
	select
		watermark_at,
		date_bin('1 hour', greatest('epoch', least(watermark_at, now())), '2000-01-01 00:00:00+00') as settled_at,
		(select count(*) from queued) as queued
	from task_usage_hourly_rollup_state where id = 1
),
reach as materialized (
	select date_bin('1 hour', created_at, '2000-01-01 00:00:00+00') + interval '1 hour' as starts_at
	from (
		select coalesce(
			(
				select created_at from task_usage where created_at < (select settled_at from state)
				order by created_at desc offset 50000 limit 1
			),
			(select min(created_at) from task_usage)
		) as created_at
	) as oldest
),
dirty as materialized (
	select bucket_hour as starts_at from queued
	union
	select date_bin('1 hour', usage.created_at, '2000-01-01 00:00:00+00')
	from (select distinct task_id from queued where model is null) as told
	cross join lateral (
		select created_at from task_usage where task_id = told.task_id offset 0
	) as usage
),
raw as (
	select
		date_bin('1 hour', created_at, '2000-01-01 00:00:00+00') as starts_at,
		max(coalesce(updated_at, created_at)) as changed_at,
		count(*) as events,
		sum(input_tokens) as input_tokens,
		sum(output_tokens) as output_tokens,
		sum(cache_read_tokens) as cache_read_tokens,
		sum(cache_write_tokens) as cache_write_tokens
	from task_usage
	where created_at >= (select starts_at from reach) and created_at < (select settled_at from state)
	group by 1
),
rolled as materialized (
	select
		bucket_hour as starts_at,
		sum(event_count) as events,
		sum(input_tokens) as input_tokens,
		sum(output_tokens) as output_tokens,
		sum(cache_read_tokens) as cache_read_tokens,
		sum(cache_write_tokens) as cache_write_tokens
	from task_usage_hourly
	where bucket_hour >= (select starts_at from reach)
	and bucket_hour < (select settled_at from state)
	group by 1
),
judged as materialized (
	select
		starts_at,
		(raw.events, raw.input_tokens, raw.output_tokens, raw.cache_read_tokens, raw.cache_write_tokens)
			is distinct from (
				rolled.events, rolled.input_tokens, rolled.output_tokens, rolled.cache_read_tokens, rolled.cache_write_tokens
			) as differs
	from raw
	full join rolled using (starts_at)
	where coalesce(raw.changed_at, '-infinity') < (select watermark_at from state)
	and starts_at not in (select starts_at from dirty)
	and (select queued from state) <= 20000
),
suspected as materialized (
	select starts_at from judged where differs order by starts_at desc limit 24
),
owned as (
	select
		suspected.starts_at,
		count(*) as events,
		sum(usage.input_tokens) as input_tokens,
		sum(usage.output_tokens) as output_tokens,
		sum(usage.cache_read_tokens) as cache_read_tokens,
		sum(usage.cache_write_tokens) as cache_write_tokens
	from suspected
	cross join lateral (
		select task_id, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens
		from task_usage
		where created_at >= suspected.starts_at and created_at < suspected.starts_at + interval '1 hour'
		offset 0
	) as usage
	cross join lateral (
		select from agent_task_queue where id = usage.task_id and runtime_id is not null offset 0
	) as task
	group by 1
),
differing as materialized (
	select starts_at
	from suspected
	left join owned using (starts_at)
	left join rolled using (starts_at)
	where (owned.events, owned.input_tokens, owned.output_tokens, owned.cache_read_tokens, owned.cache_write_tokens)
		is distinct from (
			rolled.events, rolled.input_tokens, rolled.output_tokens, rolled.cache_read_tokens, rolled.cache_write_tokens
		)
),
suspect as materialized (
	select starts_at from differing order by starts_at desc limit 3
),
raw_buckets as (
	select
		suspect.starts_at,
		agent.workspace_id,
		task.runtime_id,
		task.agent_id,
		coalesce(issue.project_id, '00000000-0000-0000-0000-000000000000') as project_id,
		usage.provider,
		usage.model,
		count(*) as events,
		sum(usage.input_tokens) as input_tokens,
		sum(usage.output_tokens) as output_tokens,
		sum(usage.cache_read_tokens) as cache_read_tokens,
		sum(usage.cache_write_tokens) as cache_write_tokens
	from suspect
	cross join lateral (
		select task_id, provider, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens
		from task_usage
		where created_at >= suspect.starts_at and created_at < suspect.starts_at + interval '1 hour'
		offset 0
	) as usage
	cross join lateral (
		select agent_id, runtime_id, issue_id from agent_task_queue where id = usage.task_id offset 0
	) as task
	join agent on agent.id = task.agent_id
	left join issue on issue.id = task.issue_id
	where task.runtime_id is not null
	group by 1, 2, 3, 4, 5, 6, 7
),
rolled_buckets as (
	select
		suspect.starts_at,
		rolled.workspace_id,
		rolled.runtime_id,
		rolled.agent_id,
		coalesce(rolled.project_id, '00000000-0000-0000-0000-000000000000') as project_id,
		rolled.provider,
		rolled.model,
		rolled.event_count as events,
		rolled.input_tokens,
		rolled.output_tokens,
		rolled.cache_read_tokens,
		rolled.cache_write_tokens
	from suspect
	join task_usage_hourly as rolled on rolled.bucket_hour = suspect.starts_at
),
compared as materialized (
	select
		starts_at,
		raw_buckets.events is not null as is_raw,
		rolled_buckets.events is not null as is_rolled,
		(
			raw_buckets.events, raw_buckets.input_tokens, raw_buckets.output_tokens,
			raw_buckets.cache_read_tokens, raw_buckets.cache_write_tokens
		) is distinct from (
			rolled_buckets.events, rolled_buckets.input_tokens, rolled_buckets.output_tokens,
			rolled_buckets.cache_read_tokens, rolled_buckets.cache_write_tokens
		) as differs
	from raw_buckets
	full join rolled_buckets using (starts_at, workspace_id, runtime_id, agent_id, project_id, provider, model)
)
select
	'hourly' as pipeline,
	(select count(*) from judged) as checked,
	(select min(starts_at) from judged) as first_at,
	(select max(starts_at) from judged) as last_at,
	(select count(*) from differing) as suspects,
	(select count(*) from compared) as compared,
	(select count(*) from compared where differs and is_raw and is_rolled) as wrong,
	(select count(*) from compared where differs and not is_raw) as ghosts,
	(select count(*) from compared where differs and not is_rolled) as missing,
	(select max(starts_at) from compared where differs) as newest_at
