import type { Weights } from './pace.ts';
import { dayMs } from './pipelines.ts';
import type { Query, TransactionOptions } from './session.ts';
import { eventAt, type Shape } from './shape.ts';
import type { Interval } from './times.ts';

/** How far usage reaches, by the database's clock, in ms since the epoch. */
export type Extent = {
	readonly nowMs: number;
	/**
	 * Up to where a window may reach: five minutes ago, or when the oldest transaction began that may
	 * still bring usage. Rows become visible after their timestamp, those of an open one at its end.
	 */
	readonly settledMs: number;
	readonly watermarkMs: number;
	/** Undefined: there is no usage. */
	readonly oldestMs: number | undefined;
	readonly newestCreatedMs: number | undefined;
	/** The newest change of a row. */
	readonly newestEventMs: number | undefined;
	/** The first change of a row from the watermark on. */
	readonly nextEventMs: number | undefined;
};

/**
 * The moment up to which usage is settled, as SQL. A writer's age shows to roles with
 * pg_read_all_stats; one younger than five minutes changes nothing.
 */
export const settledSql = `least(now() - interval '5 minutes', (
	select min(a.xact_start)
	from pg_locks l
	join pg_stat_activity a on a.pid = l.pid
	where l.locktype = 'relation' and l.relation = 'task_usage'::regclass and l.granted
		and l.mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock')
		and l.database = (select oid from pg_database where datname = current_database())
		and l.pid <> pg_backend_pid()))`;

const inMs = (moment: string): string => `floor(extract(epoch from ${moment}) * 1000)::float8`;

/** Enough for it: each end is the end of an index. */
export const extentOptions: TransactionOptions = { statementTimeoutMs: 60_000, isReadOnly: true };

/** Asks how far usage and the watermark reach. */
export async function readExtent(query: Query, shape: Shape): Promise<Extent> {
	const newest = shape.hasUpdatedAt
		? `greatest((select max(updated_at) from task_usage), (select max(created_at) from task_usage where updated_at is null))`
		: '(select max(created_at) from task_usage)';
	const watermark = `(select watermark_at from ${shape.pipeline.state} where id = 1)`;
	const next = shape.hasUpdatedAt
		? `least((select min(updated_at) from task_usage where updated_at >= ${watermark}), (select min(created_at) from task_usage where updated_at is null and created_at >= ${watermark}))`
		: `(select min(created_at) from task_usage where created_at >= ${watermark})`;
	const rows = await query<{ [Name in keyof Extent]: number | null }>(
		`select ${inMs('now()')} as "nowMs", ${inMs(settledSql)} as "settledMs",
			${inMs('(select min(created_at) from task_usage)')} as "oldestMs",
			${inMs('(select max(created_at) from task_usage)')} as "newestCreatedMs",
			${inMs(newest)} as "newestEventMs",
			${inMs(next)} as "nextEventMs", ${inMs(watermark)} as "watermarkMs"`,
	);
	const [row] = rows;
	const { nowMs, settledMs, watermarkMs, oldestMs, newestCreatedMs } = row ?? {};
	return {
		nowMs: nowMs ?? 0,
		settledMs: settledMs ?? 0,
		watermarkMs: watermarkMs ?? 0,
		oldestMs: oldestMs ?? undefined,
		newestCreatedMs: newestCreatedMs ?? undefined,
		newestEventMs: row?.newestEventMs ?? undefined,
		nextEventMs: row?.nextEventMs ?? undefined,
	};
}

/** Usage rows by the UTC day of their last change: what the slices of a walk weigh. */
export async function readWeights(
	query: Query,
	shape: Shape,
	fromMs: number,
	toMs: number,
): Promise<Weights> {
	const at = eventAt(shape, 'task_usage');
	const rows = await query<{ dayMs: number; rows: number }>(
		`select (floor(extract(epoch from ${at}) / 86400) * ${dayMs})::float8 as "dayMs", count(*)::int as rows
		from task_usage where ${at} >= $1 and ${at} < $2 group by 1`,
		[new Date(fromMs).toISOString(), new Date(toMs).toISOString()],
	);
	return new Map(rows.map(({ dayMs: day, rows: count }) => [day, count]));
}

/** Between which moments there is anything, raw or rolled up: `low` and `high`, in ms since the epoch. */
export function dataEndsSql({ pipeline }: Shape): string {
	const { table, bucket } = pipeline;
	const ends = (side: 'min' | 'max') =>
		`(select floor(extract(epoch from ${side}(created_at)) * 1000) from task_usage)::float8,
		(select floor(extract(epoch from ${side}(${bucket})) * 1000) from ${table})::float8`;
	return `select least(${ends('min')}) as low, greatest(${ends('max')}) as high`;
}

/**
 * The part of a span of bucket time in which there is anything, raw or rolled up, in whole days: years
 * of nothing cost no query. Undefined: nowhere.
 */
export async function clipToData(
	query: Query,
	shape: Shape,
	span: Interval,
): Promise<Interval | undefined> {
	const rows = await query<{ low: number | null; high: number | null }>(dataEndsSql(shape));
	const { low, high } = rows[0] ?? {};
	if (low == null || high == null) return undefined;
	// A day of a zone may begin on the UTC day before, or end on the one after.
	const marginMs = shape.zone.kind === 'utc' ? 0 : dayMs;
	const fromMs = Math.max(span.fromMs, Math.floor(low / dayMs) * dayMs - marginMs);
	const toMs = Math.min(span.toMs, (Math.floor(high / dayMs) + 1) * dayMs + marginMs);
	return fromMs < toMs ? { fromMs, toMs } : undefined;
}
