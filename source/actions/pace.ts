import { dayMs } from './pipelines.ts';
import type { Interval } from './times.ts';

/** A slice should hold the lock no longer than this: deleting a workspace waits 10 s for it, then fails. */
export const longestHoldMs = 5000;
/** What a cut slice aims for, so that a guess that is a little wrong still keeps to the limit. */
const aimedMs = 3500;

/** Usage rows by UTC day, in ms since the epoch: what a walk weighs where. */
export type Weights = ReadonlyMap<number, number>;

/** Rows in a span; a part of a day counts as that part of its rows. */
export function weightOf(weights: Weights, { fromMs, toMs }: Interval): number {
	let total = 0;
	for (let day = Math.floor(fromMs / dayMs) * dayMs; day < toMs; day += dayMs) {
		const rows = weights.get(day);
		if (rows === undefined) continue;
		const overlapMs = Math.min(toMs, day + dayMs) - Math.max(fromMs, day);
		total += (rows * overlapMs) / dayMs;
	}
	return total;
}

/** How fast a walk goes: rows of weight per ms, learnt from the slices done. */
export type Pace = {
	readonly rowsPerMs: number;
	/** Measured here and now, rather than assumed or remembered. */
	readonly isMeasured: boolean;
};

/** Slices lighter than this say more of a round trip than of the work. */
const lightest = 20;

/** The pace after one more slice: half what it was, half what is new. */
export function paceAfter(pace: Pace, rows: number, tookMs: number): Pace {
	if (rows < lightest) return pace;
	const measured = rows / Math.max(1, tookMs);
	return {
		rowsPerMs: pace.isMeasured ? (pace.rowsPerMs + measured) / 2 : measured,
		isMeasured: true,
	};
}

/** Predicted time of so many rows, in ms. */
export const predictMs = (pace: Pace, rows: number): number => rows / pace.rowsPerMs;

/**
 * The next piece of a span: all of it where that holds the lock short enough, else as many whole steps
 * as do, at least one.
 * @param stepMs no piece ends between two multiples of it, other than at the end of the span
 */
export function nextPiece(span: Interval, weights: Weights, pace: Pace, stepMs: number): Interval {
	if (predictMs(pace, weightOf(weights, span)) <= longestHoldMs) return span;
	let toMs = Math.min(span.toMs, (Math.floor(span.fromMs / stepMs) + 1) * stepMs);
	while (toMs < span.toMs) {
		const further = Math.min(span.toMs, toMs + stepMs);
		const rows = weightOf(weights, { fromMs: span.fromMs, toMs: further });
		if (predictMs(pace, rows) > aimedMs) break;
		toMs = further;
	}
	return { fromMs: span.fromMs, toMs };
}
