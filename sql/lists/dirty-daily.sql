-- title: Buckets in the daily dirty queue, the longest waiting first
-- parameters: $1 after_at timestamptz or null, $2 after_id text or null
-- needs: task_usage_daily_dirty(bucket_date, model, enqueued_at)
-- columns: pipeline text, bucket text, keys integer, oldest_seconds number, newest_seconds number, place text, met integer
-- why: Nothing orders the queue by age: of the first 20,000 rows met, each bucket with the keys that wait for it.
-- why: A row of tidemark's own queues may name a task rather than a bucket; those count under none.
select
	'daily' as pipeline,
	bucket,
	keys,
	extract(epoch from now() - oldest_at)::float8 as oldest_seconds,
	extract(epoch from now() - newest_at)::float8 as newest_seconds,
	oldest_at::text as place,
	met
from (
	select
		bucket,
		count(*) as keys,
		min(enqueued_at) as oldest_at,
		max(enqueued_at) as newest_at,
		(sum(count(*)) over ())::bigint as met
	from (
		select case when model is not null then bucket_date::text end as bucket, enqueued_at
		from task_usage_daily_dirty limit 20000
	) as waiting
	group by bucket
) as waiting
where (oldest_at, coalesce(bucket, '')) > (coalesce($1::timestamptz, '-infinity'), coalesce($2::text, ''))
order by oldest_at, coalesce(bucket, '')
limit 100
