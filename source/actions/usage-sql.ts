import { tokenColumns } from './pipelines.ts';
import { bucketType, eventAt, list, type Shape } from './shape.ts';

/** The day that a moment belongs to, whoever's day it is. */
export function dayOf({ zone }: Shape, moment: string): string {
	switch (zone.kind) {
		case 'utc':
			return `(${moment} at time zone 'UTC')::date`;
		case 'session':
			return `(${moment} at time zone current_setting('TimeZone'))::date`;
		case 'runtime':
			return `(${moment} at time zone rt.timezone)::date`;
		case 'state':
			return `(${moment} at time zone st.time_zone)::date`;
	}
}

/** The bucket of a usage row. */
const bucketOf = (shape: Shape): string =>
	shape.pipeline.bucket === 'bucket_hour'
		? 'task_usage_hour_bucket(u.created_at)'
		: dayOf(shape, 'u.created_at');

/** What of a zone has to be joined to find a row's day. */
export function zoneJoin({ zone, pipeline }: Shape): string {
	if (zone.kind === 'runtime') return 'join agent_runtime rt on rt.id = t.runtime_id';
	return zone.kind === 'state' ? `cross join ${pipeline.state} st` : '';
}

/**
 * Usage rows with the bucket they belong to. The workspace of a bucket is the agent's; a task without
 * an issue counts under no project, one without a runtime only where the runtime is no key.
 * @param source a table or a subselect of usage rows
 * @param where a further condition on `u`, which is such a row
 */
export const usageSql = (shape: Shape, source = 'task_usage', where = 'true'): string => `
	select
		${bucketOf(shape)} as bucket, a.workspace_id, t.runtime_id, t.agent_id, i.project_id,
		u.provider, u.model, u.task_id, ${eventAt(shape)} as event_at,
		u.input_tokens, u.output_tokens, u.cache_read_tokens, u.cache_write_tokens
	from ${source} u
	join agent_task_queue t on t.id = u.task_id
	join agent a on a.id = t.agent_id
	left join issue i on i.id = t.issue_id
	${zoneJoin(shape)}
	where ${shape.pipeline.keys.includes('runtime_id') ? 't.runtime_id is not null and ' : ''}${where}`;

/** A zone is at most this far from UTC. */
const margin = `interval '15 hours'`;

/** Where in `created_at` the usage of a bucket lies; at least, for days of a zone. */
const spanOf = (shape: Shape, from: string, to: string) => {
	if (shape.pipeline.bucket === 'bucket_hour') return { low: from, high: to };
	const [low, high] = [from, to].map((day) => `(${day})::timestamp at time zone 'UTC'`);
	return shape.zone.kind === 'utc'
		? { low, high }
		: { low: `${low} - ${margin}`, high: `${high} + ${margin}` };
};

/** Usage of the buckets from `from` up to `to`, which are expressions of the bucket's type. */
export function usageOfRange(shape: Shape, from: string, to: string): string {
	const { low, high } = spanOf(shape, from, to);
	return `select * from (${usageSql(shape, 'task_usage', `u.created_at >= ${low} and u.created_at < ${high}`)}
	) usage where bucket >= ${from} and bucket < ${to}`;
}

/**
 * A common table of the usage rows that may belong to the buckets in `buckets`: one probe of the index
 * on time for each, and `offset 0` keeps it at that, whatever the planner thinks of their number.
 */
export function nearUsage(shape: Shape): string {
	const unit = shape.pipeline.bucket === 'bucket_hour' ? `interval '1 hour'` : '1';
	const { low, high } = spanOf(shape, 'b.bucket', `b.bucket + ${unit}`);
	const columns = ['task_id', 'provider', 'model', 'created_at', ...tokenColumns];
	if (shape.hasUpdatedAt) columns.push('updated_at');
	return `near_usage as materialized (
		select b.bucket as of_bucket, u.*
		from buckets b
		cross join lateral (
			select ${columns.join(', ')} from task_usage
			where created_at >= ${low} and created_at < ${high} offset 0
		) u
	)`;
}

/** Usage of the buckets in `buckets`, out of that table. */
export const usageOfBuckets = (shape: Shape): string =>
	usageSql(shape, 'near_usage', `${bucketOf(shape)} = u.of_bucket`);

/** Usage that changed from $1 up to $2, by two indexes. */
export const usageOfWindow = (shape: Shape): string =>
	usageSql(
		shape,
		shape.hasUpdatedAt
			? `(
		select * from task_usage where updated_at >= $1 and updated_at < $2
		union all
		select * from task_usage where updated_at is null and created_at >= $1 and created_at < $2
	)`
			: '(select * from task_usage where created_at >= $1 and created_at < $2)',
	);

/** The sums of a bucket over `raw`. */
export const sumsSql = `
		sum(raw.input_tokens)::bigint as input_tokens,
		sum(raw.output_tokens)::bigint as output_tokens,
		sum(raw.cache_read_tokens)::bigint as cache_read_tokens,
		sum(raw.cache_write_tokens)::bigint as cache_write_tokens,
		count(*) as event_count,
		count(distinct raw.task_id) as task_count,
		max(raw.event_at) as newest_at`;

/**
 * The buckets that rows of the common table `due` invalidate, with the number of the slice (from 0)
 * that consumes them, for slices that end at `ends` (an array of moments, rising).
 */
export function queuedSql(shape: Shape, ends: string): string {
	const { pipeline } = shape;
	const direct = `
		select due.${pipeline.bucket} as bucket, ${list(pipeline.keys, 'due')},
			width_bucket(due.enqueued_at, ${ends}) as slot
		from due`;
	if (!shape.hasLinks) return direct;
	return `${resolvedSql(shape, ends)}
		union all ${direct} where due.model is not null`;
}

/** What our own queue's reader makes of rows that name a link rather than a bucket. */
function resolvedSql(shape: Shape, ends: string): string {
	const { pipeline } = shape;
	const at = pipeline.bucket === 'bucket_hour' ? 'd.bucket_hour' : startOfDay(shape);
	const state = shape.zone.kind === 'state' ? `cross join ${pipeline.state} st` : '';
	const change = ['task_id', 'issue_id', 'agent_id', 'runtime_id', 'workspace_id', 'project_id']
		.concat('provider', 'model')
		.map((name) => (isInQueue(shape, name) ? `d.${name}` : 'null'))
		.join(', ');
	const told = (from: string, where: string) => `array(
			select (d.cause, ${change}, ${at})::tidemark_change
			from ${from} d ${state} where d.cause is not null and ${where})`;
	const bucket =
		pipeline.bucket === 'bucket_hour'
			? 'task_usage_hour_bucket(event_at)'
			: dayOf(shape, 'event_at');
	return `
		select ${bucket} as bucket, ${list(pipeline.keys)}, slices.slot
		from unnest(${ends}) with ordinality as numbered (ends_at, place)
		cross join lateral (select ends_at, place - 1 as slot) slices
		cross join lateral tidemark_resolve(
			${told('due', 'd.enqueued_at < slices.ends_at')},
			${told(pipeline.dirty, 'true')}
		) resolved
		${state}
		${pipeline.keys.includes('runtime_id') ? 'where runtime_id is not null' : ''}`;
}

const startOfDay = ({ zone }: Shape): string =>
	`d.bucket_date::timestamp at time zone ${zone.kind === 'state' ? 'st.time_zone' : `'UTC'`}`;

/** Which columns a row of our own queues has besides the bucket's. */
const isInQueue = ({ pipeline }: Shape, name: string): boolean =>
	pipeline.keys.includes(name) ||
	name === 'task_id' ||
	(name === 'issue_id' && pipeline.keys.includes('project_id')) ||
	(name === 'agent_id' && pipeline.name === 'daily');

/** Casts a parameter to the type of the bucket's time. */
export const bucketParameter = (shape: Shape, n: number): string => `$${n}::${bucketType(shape)}`;
