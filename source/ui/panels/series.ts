import type { MetricOfSeries, ReadNumber, Trends } from '../../sampling/history/trends.ts';
import type { Snapshot } from '../../sampling/snapshot.ts';

/** One number over time, read off snapshots. */
export type Series = {
	readonly title: string;
	/** The same function at every frame: what it reads off a snapshot is remembered. */
	readonly read: ReadNumber;
	format(value: number): string;
	/** Where a Prometheus has the same numbers of before the start. */
	readonly metric?: MetricOfSeries;
};

/** Remembers what was made of one snapshot: several parts of a frame ask for the same. */
export function lastSnapshot<Value>(
	make: (snapshot: Snapshot) => Value,
): (snapshot: Snapshot) => Value {
	let last: { readonly snapshot: Snapshot; readonly value: Value } | undefined;
	return (snapshot) => {
		if (last?.snapshot !== snapshot) last = { snapshot, value: make(snapshot) };
		return last.value;
	};
}

/**
 * The latest value in each of `count` buckets of `bucketMs`, oldest first. Buckets stand on the
 * clock, so that all but the last stay as they are until the next one begins.
 */
export function bucketsOf(
	trends: Trends,
	read: ReadNumber,
	count: number,
	bucketMs: number,
): readonly (number | undefined)[] {
	const { times } = trends;
	const newest = times.at(-1);
	const buckets = Array<number | undefined>(Math.max(0, count)).fill(undefined);
	if (newest === undefined) return buckets;
	const values = trends.values(read);
	const lastBucket = Math.floor(newest / bucketMs);
	for (let at = times.length - 1; at >= 0; at--) {
		const bucket = Math.floor((times[at] ?? 0) / bucketMs) - lastBucket + buckets.length - 1;
		if (bucket < 0) break;
		if (bucket < buckets.length) buckets[bucket] ??= known(values[at]);
	}
	return buckets;
}

/** Trends have NaN where nothing was known. */
const known = (value: number | undefined): number | undefined =>
	value === undefined || Number.isNaN(value) ? undefined : value;

/** Gaps take the value before them; what comes before the first value stays unknown. */
export function withoutGaps(values: readonly (number | undefined)[]): (number | undefined)[] {
	let last: number | undefined;
	return values.map((value) => {
		last = value ?? last;
		return last;
	});
}

/** How wide in time a sparkline's cell is: several refreshes, so that it seldom moves. */
export const sparkBucketMs = (intervalMs: number): number => Math.max(10_000, intervalMs * 5);

/** Growth is measured over this, in ms. */
const growthWindowMs = 5 * 60_000;
/** Below this span, in ms, a growth would be noise. */
const growthLeastMs = 20_000;

/** Change a minute over the last five minutes; undefined until there is enough history. */
export function growthPerMinute(trends: Trends, read: ReadNumber): number | undefined {
	const { times } = trends;
	const values = trends.values(read);
	const now = known(values.at(-1));
	const newest = times.at(-1);
	if (newest === undefined || now === undefined) return undefined;
	let then: number | undefined;
	for (let at = times.length - 1; at >= 0; at--) {
		if (newest - (times[at] ?? 0) > growthWindowMs) break;
		if (known(values[at]) !== undefined) then = at;
	}
	const before = then === undefined ? undefined : known(values[then]);
	if (then === undefined || before === undefined) return undefined;
	const spanMs = newest - (times[then] ?? newest);
	return spanMs < growthLeastMs ? undefined : Math.round(((now - before) * 60_000) / spanMs);
}
