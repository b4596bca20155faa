import type { Snapshot } from '../../sampling/snapshot.ts';

/** One number over time, read off snapshots. */
export type Series = {
	readonly title: string;
	/** Undefined where it wasn't known. */
	read(snapshot: Snapshot): number | undefined;
	format(value: number): string;
};

/**
 * Remembers what was read off each snapshot: snapshots never change, and history is read at every
 * frame. For small values: as many of them are kept as there are snapshots.
 */
export function perSnapshot<Value>(
	read: (snapshot: Snapshot) => Value,
): (snapshot: Snapshot) => Value {
	const known = new WeakMap<Snapshot, { readonly value: Value }>();
	return (snapshot) => {
		const found = known.get(snapshot);
		if (found !== undefined) return found.value;
		const value = read(snapshot);
		known.set(snapshot, { value });
		return value;
	};
}

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
	history: readonly Snapshot[],
	read: Series['read'],
	count: number,
	bucketMs: number,
): readonly (number | undefined)[] {
	const newest = history.at(-1);
	const buckets = Array<number | undefined>(Math.max(0, count)).fill(undefined);
	if (newest === undefined) return buckets;
	const lastBucket = Math.floor(newest.at / bucketMs);
	for (let at = history.length - 1; at >= 0; at--) {
		const snapshot = history[at];
		if (snapshot === undefined) break;
		const bucket = Math.floor(snapshot.at / bucketMs) - lastBucket + buckets.length - 1;
		if (bucket < 0) break;
		if (bucket < buckets.length) buckets[bucket] ??= read(snapshot);
	}
	return buckets;
}

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
export function growthPerMinute(
	history: readonly Snapshot[],
	read: Series['read'],
): number | undefined {
	const newest = history.at(-1);
	const now = newest && read(newest);
	if (newest === undefined || now === undefined) return undefined;
	const then = history.find(
		(each) => newest.at - each.at <= growthWindowMs && read(each) !== undefined,
	);
	const before = then && read(then);
	if (then === undefined || before === undefined) return undefined;
	const spanMs = newest.at - then.at;
	return spanMs < growthLeastMs ? undefined : Math.round(((now - before) * 60_000) / spanMs);
}
