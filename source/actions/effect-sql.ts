import { tokenColumns } from './pipelines.ts';
import { beforeAllTime, bucketText, dayText, keysOf, list, type Shape, same } from './shape.ts';
import {
	bucketParameter,
	nearUsage,
	queuedSql,
	sumsSql,
	usageOfBuckets,
	usageOfRange,
	usageOfWindow,
} from './usage-sql.ts';

// Each statement here compares buckets as they are rolled up with what raw says they should be. The
// comparison is the plan; with `write` or `enqueue` behind it the same statement, hence the same
// snapshot, carries the plan out.

/**
 * What a window call would do, bucket by bucket. $1 and $2: from and up to which update time; $3: the
 * ends of the slices in which it is to be done.
 */
export const previewWindow = (shape: Shape): string =>
	`with ${windowSql(shape, `select * from ${shape.pipeline.dirty} where enqueued_at < $2`)}
	${effectSql(shape)}`;

/**
 * What it would mean to throw away what was enqueued from $1 up to $2: the buckets that would stay
 * wrong. $3: the end again.
 */
export const previewQueue = (shape: Shape): string =>
	`with ${windowSql(
		shape,
		`select * from ${shape.pipeline.dirty} where enqueued_at >= $1 and enqueued_at < $2`,
		false,
	)}
	${effectSql(shape)}`;

/** The window done by tidemark's own statement; same parameters, and the queue is drained to $2. */
export const applyWindow = (shape: Shape): string => `${doneWindow(shape)} ${effectSql(shape)}`;

/** The same, for who has no plan to hold it against: gives only how many rows it `touched`. */
export const writeWindow = (shape: Shape): string =>
	`${doneWindow(shape)} select count(*)::int as touched from chosen where is_chosen`;

const doneWindow = (shape: Shape): string =>
	`with ${windowSql(shape, `delete from ${shape.pipeline.dirty} where enqueued_at < $2 returning *`)},
	${writeSql(shape)}`;

/**
 * What differs in a range of buckets. $1 and $2: the bucket's time, from and up to; $3: the kinds
 * (pending, drift, ghost) that are meant; the others are only counted.
 * @param samples how many differing buckets come with their numbers
 */
export const previewRange = (shape: Shape, samples = 0): string =>
	`with ${rangeSql(shape)} ${effectSql(shape, samples)}`;

/** The range made right by tidemark's own statement; same parameters. */
export const applyRange = (shape: Shape): string =>
	`with ${rangeSql(shape)}, ${writeSql(shape)} ${effectSql(shape)}`;

/**
 * Puts the buckets that differ into the queue, to be consumed by a window over nothing else
 * (`beforeAllTime`); same parameters.
 */
export const enqueueRange = (shape: Shape): string =>
	`with ${rangeSql(shape)}, ${enqueueSql(shape)} ${effectSql(shape)}`;

function windowSql(shape: Shape, due: string, hasUsage = true): string {
	const { pipeline } = shape;
	const keys = keysOf(shape);
	return `due as materialized (${due}),
	keys as materialized (
		select ${list(keys)}, min(slot)::int as slot
		from (
			select ${list(keys)}, width_bucket(event_at, $3::timestamptz[])::bigint as slot
			from (${usageOfWindow(shape)}) usage
			where ${hasUsage}
			union all
			select * from (${queuedSql(shape, '$3::timestamptz[]')}) queued
		) touched
		group by ${list(keys)}
	),
	buckets as materialized (select distinct bucket from keys),
	${nearUsage(shape)},
	fresh as materialized (
		select ${list(keys, 'raw')}, ${sumsSql}
		from (${usageOfBuckets(shape)}) raw
		group by ${list(keys, 'raw')}
	),
	existing as materialized (
		select e.*
		from buckets b
		cross join lateral (
			select ${existingColumns(shape)} from ${pipeline.table} r
			where r.${pipeline.bucket} = b.bucket offset 0
		) e
	),
	${comparedSql(shape)},
	chosen as materialized (
		select *, effect <> 'unchanged' as is_chosen from compared
		where effect is not null and slot is not null
	)`;
}

function rangeSql(shape: Shape): string {
	const { pipeline } = shape;
	const keys = keysOf(shape);
	const [from, to] = [bucketParameter(shape, 1), bucketParameter(shape, 2)];
	const queued = queuedSql(shape, `array[timestamptz 'infinity']`);
	return `due as materialized (select * from ${pipeline.dirty}),
	keys as materialized (
		select distinct ${list(keys)}, 0 as slot from (${queued}) queued
		where bucket >= ${from} and bucket < ${to}
	),
	fresh as materialized (
		select ${list(keys, 'raw')}, ${sumsSql}
		from (${usageOfRange(shape, from, to)}) raw
		group by ${list(keys, 'raw')}
	),
	existing as materialized (
		select ${existingColumns(shape)} from ${pipeline.table} r
		where r.${pipeline.bucket} >= ${from} and r.${pipeline.bucket} < ${to}
	),
	${comparedSql(shape)},
	chosen as materialized (
		select *, effect <> 'unchanged' and kind = any ($3::text[]) as is_chosen
		from compared where effect is not null
	)`;
}

const existingColumns = ({ pipeline }: Shape): string =>
	`r.ctid as row_id, r.${pipeline.bucket} as bucket, ${list(pipeline.keys, 'r')}, ${list(pipeline.measures, 'r')}`;

/**
 * Brings together what is known of each bucket by grouping rather than by joining: a group takes two
 * missing projects for the same, and costs the same whatever the planner expects. `slot` is NULL for a
 * bucket that is not in `keys`. A bucket differs because it waits (it is queued, or its usage is newer
 * than the watermark), because nothing raw is behind it, or because raw says otherwise.
 */
function comparedSql(shape: Shape): string {
	const keys = keysOf(shape);
	const { measures, state } = shape.pipeline;
	const none = measures.map((name) => `null::bigint as ${name}`).join(', ');
	const [before, after] = ['before', 'after'].map((side) =>
		measures.map((name) => `${side}_${name}`),
	);
	const pick = (side: string) =>
		measures.map((name) => `max(${name}) filter (where side = '${side}') as ${side}_${name}`);
	return `compared as materialized (
		select *,
			case
				when after_event_count is null and row_id is null then null
				when row_id is null then 'inserted'
				when after_event_count is null then 'deleted'
				when (${list(after ?? [])}) is distinct from (${list(before ?? [])}) then 'changed'
				else 'unchanged'
			end as effect,
			case
				when slot is not null or newest_at >= (select watermark_at from ${state} where id = 1) then 'pending'
				when after_event_count is null then 'ghost'
				else 'drift'
			end as kind
		from (
			select ${list(keys)}, max(slot) as slot, max(row_id)::tid as row_id, max(newest_at) as newest_at,
				${[...pick('before'), ...pick('after')].join(', ')}
			from (
				select 'key' as side, ${list(keys)}, slot, null as row_id, null::timestamptz as newest_at, ${none}
				from keys
				union all
				select 'after', ${list(keys)}, null, null, newest_at, ${list(measures)} from fresh
				union all
				select 'before', ${list(keys)}, null, row_id::text, null, ${list(measures)} from existing
			) sides
			group by ${list(keys)}
		) known
	)`;
}

const tokensOf = (side: 'before' | 'after'): string =>
	tokenColumns.map((name) => `coalesce(${side}_${name}, 0)::numeric`).join(' + ');

/** The effect by slice, workspace and day, with a digest of every single value before and after. */
function effectSql(shape: Shape, samples = 0): string {
	const { keys, measures } = shape.pipeline;
	const values = measures.flatMap((name) => [`before_${name}`, `after_${name}`]);
	const line = `row(${bucketText(shape, 'bucket')}, ${list(keys)}, ${list(values)})::text`;
	return `select json_build_object(
		'buckets', (select count(*) from chosen),
		'kinds', (
			select coalesce(json_object_agg(kind, n), '{}')
			from (select kind, count(*) as n from chosen where effect <> 'unchanged' group by kind) k),
		'newestWrongMs', (
			select floor(extract(epoch from max(bucket)) * 1000)
			from chosen where effect <> 'unchanged' and kind <> 'pending'),
		'groups', (
			select coalesce(json_agg(g order by slot, day, workspace), '[]')
			from (
				select coalesce(slot, 0) as slot, workspace_id::text as workspace, ${dayText(shape, 'bucket')} as day,
					count(*) filter (where effect = 'inserted') as inserted,
					count(*) filter (where effect = 'changed') as changed,
					count(*) filter (where effect = 'deleted') as deleted,
					sum(${tokensOf('before')})::text as "tokensBefore",
					sum(${tokensOf('after')})::text as "tokensAfter",
					md5(string_agg(${line}, ';' order by ${line} collate "C")) as digest
				from chosen where is_chosen group by 1, 2, 3
			) g),
		'samples', ${samples > 0 ? samplesSql(shape, samples) : `'[]'::json`}
	) as effect`;
}

/** The first differing buckets with their values; those that only wait come last. */
const samplesSql = (shape: Shape, samples: number): string => {
	const { keys, measures } = shape.pipeline;
	const side = (name: string) =>
		`json_build_object(${measures.map((each) => `'${each}', ${name}_${each}::text`).join(', ')})`;
	return `(
		select coalesce(json_agg(s), '[]')
		from (
			select kind, effect, ${bucketText(shape, 'bucket')} as bucket,
				json_build_object(${keys.map((key) => `'${key}', ${key}::text`).join(', ')}) as key,
				${side('before')} as before, ${side('after')} as after
			from chosen where effect <> 'unchanged'
			order by kind = 'pending', chosen.bucket, ${list(keys)}
			limit ${samples}
		) s)`;
};

/** The chosen buckets made what raw says. The lock is held: nobody else writes these rows. */
function writeSql({ pipeline }: Shape): string {
	const { table, bucket, keys, measures } = pipeline;
	const after = measures.map((name) => `after_${name}`);
	return `put as (
		insert into ${table} (${bucket}, ${list(keys)}, ${list(measures)}, updated_at)
		select bucket, ${list(keys)}, ${list(after)}, now()
		from chosen where is_chosen and effect = 'inserted'
		-- In the order of the key: filling an index's pages at random takes longer.
		order by bucket, ${list(keys.slice(0, 2))}
	),
	set_right as (
		update ${table} r set ${measures.map((name) => `${name} = c.after_${name}`).join(', ')}, updated_at = now()
		from chosen c where c.is_chosen and c.effect = 'changed' and r.ctid = c.row_id
	),
	taken_away as (
		delete from ${table} r using chosen c
		where c.is_chosen and c.effect = 'deleted' and r.ctid = c.row_id
	)`;
}

/**
 * A key may be in the queue already. The product's queue has one row a key, which is brought forward;
 * to ours another is added, and what the other rows say stays for the next tick.
 */
function enqueueSql(shape: Shape): string {
	const { dirty, bucket, keys } = shape.pipeline;
	const chosen = ['bucket', ...keys];
	const first = `timestamptz '${beforeAllTime.from}'`;
	const inQueue = `d.${bucket} = c.bucket and ${same(keys, 'd', 'c')}`;
	const put = (where: string) => `put as (
		insert into ${dirty} (${bucket}, ${list(keys)}, enqueued_at)
		select ${list(chosen, 'c')}, ${first} from chosen c where c.is_chosen ${where}
		on conflict do nothing
	)`;
	if (shape.hasLinks) return put('');
	return `brought_forward as (
		update ${dirty} d set enqueued_at = ${first} from chosen c where c.is_chosen and ${inQueue}
	),
	${put(`and not exists (select from ${dirty} d where ${inQueue})`)}`;
}
