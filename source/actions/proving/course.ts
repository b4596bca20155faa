import type { Proof } from '../../sampling/proof.ts';
import type { Interval } from '../times.ts';

/** A slice in which buckets differ and wait for nothing. */
type WrongSlice = {
	readonly drift: number;
	readonly ghosts: number;
	/** Verifications that have found it so, without one in between that did not. */
	readonly times: number;
	readonly atMs: number;
	/** The watermark then. */
	readonly limitMs: number;
};

/**
 * Where the verification of one pipeline stands: slices of one bucket's time, compared backwards from
 * the watermark to the oldest data, round after round; what becomes whole meanwhile goes first.
 * Times are the server's clock, in ms since the epoch.
 */
export type Course = {
	readonly stepMs: number;
	/** Compared up to here. */
	readonly frontMs: number;
	/** This round has come back to here. */
	readonly backMs: number;
	readonly oldestMs: number;
	readonly roundAtMs: number;
	/** When the last round began that came to its end; undefined: none has yet. */
	readonly wholeAtMs: number | undefined;
	/** By the beginning of the slice; at most {@link maxWrong}. */
	readonly wrong: ReadonlyMap<number, WrongSlice>;
	/** The last step looked at a wrong slice again: the next one gets on. */
	readonly hasRechecked: boolean;
};

/** What a step has found. */
export type Found = { readonly drift: number; readonly ghosts: number };

/** Wrong slices that are remembered: past these nobody counts any more. */
const maxWrong = 500;
/**
 * A wrong slice is looked at again after this, and as soon as the watermark has moved: a tick, or a
 * repair, has been at work since. That is the second verification, which makes it certain.
 */
export const recheckMs = 60_000;
/** A round that is done is begun again after this at the earliest. */
export const roundMs = 3_600_000;

/**
 * A round from the newest whole slice on.
 * @param limitMs buckets before this can be proven: the watermark
 */
export function beginRound(
	before: Course | undefined,
	{
		stepMs,
		oldestMs,
		limitMs,
		nowMs,
	}: {
		readonly stepMs: number;
		readonly oldestMs: number;
		readonly limitMs: number;
		readonly nowMs: number;
	},
): Course {
	const endMs = Math.floor(limitMs / stepMs) * stepMs;
	const fresh = {
		stepMs,
		frontMs: endMs,
		backMs: endMs,
		oldestMs: Math.floor(oldestMs / stepMs) * stepMs,
		roundAtMs: nowMs,
		wholeAtMs: undefined,
		wrong: new Map(),
		hasRechecked: false,
	};
	return before === undefined
		? fresh
		: { ...fresh, wholeAtMs: before.wholeAtMs, wrong: before.wrong };
}

/** The slice to compare next; undefined: all is done for now. */
export function nextStep(course: Course, limitMs: number, nowMs: number): Interval | undefined {
	const { stepMs, frontMs, backMs, oldestMs, hasRechecked } = course;
	const slice = (fromMs: number): Interval => ({ fromMs, toMs: fromMs + stepMs });
	const again = dueAgain(course, limitMs, nowMs);
	if (again !== undefined && !hasRechecked) return slice(again);
	if (frontMs + stepMs <= limitMs) return slice(frontMs);
	if (backMs > oldestMs) return slice(backMs - stepMs);
	return again === undefined ? undefined : slice(again);
}

/** The wrong slice that was compared longest ago, if that is long enough. */
function dueAgain({ wrong }: Course, limitMs: number, nowMs: number): number | undefined {
	let oldest: [number, WrongSlice] | undefined;
	for (const entry of wrong) if (!oldest || entry[1].atMs < oldest[1].atMs) oldest = entry;
	if (!oldest) return undefined;
	const [fromMs, slice] = oldest;
	return slice.limitMs !== limitMs || nowMs - slice.atMs >= recheckMs ? fromMs : undefined;
}

/** Whether a new round should begin: this one is done, and a while ago. */
export const isRoundDue = ({ backMs, oldestMs, roundAtMs }: Course, nowMs: number): boolean =>
	backMs <= oldestMs && nowMs - roundAtMs >= roundMs;

/**
 * The course after a slice was compared. Pure.
 * @param limitMs the watermark then
 */
export function afterStep(
	course: Course,
	slice: Interval,
	found: Found,
	limitMs: number,
	atMs: number,
): Course {
	const { frontMs, backMs, oldestMs, roundAtMs } = course;
	const wrong = new Map(course.wrong);
	const before = wrong.get(slice.fromMs);
	if (found.drift + found.ghosts === 0) wrong.delete(slice.fromMs);
	else if (before || wrong.size < maxWrong) {
		wrong.set(slice.fromMs, { ...found, times: (before?.times ?? 0) + 1, atMs, limitMs });
	}
	const isFront = slice.fromMs === frontMs;
	const isBack = slice.toMs === backMs;
	const reachedMs = isBack ? slice.fromMs : backMs;
	return {
		...course,
		frontMs: isFront ? slice.toMs : frontMs,
		backMs: reachedMs,
		wholeAtMs: isBack && reachedMs <= oldestMs ? roundAtMs : course.wholeAtMs,
		wrong,
		hasRechecked: !isFront && !isBack,
	};
}

/** What a course has shown so far. */
export function proofOf(course: Course, halt: string | undefined): Proof {
	const { stepMs, frontMs, backMs, oldestMs, roundAtMs, wholeAtMs, wrong } = course;
	const slices = [...wrong];
	const sum = (pick: (slice: WrongSlice) => number) =>
		slices.reduce((total, [, slice]) => total + pick(slice), 0);
	const starts = slices.map(([fromMs]) => fromMs);
	const newestWrongMs = starts.length === 0 ? undefined : Math.max(...starts);
	const isWhole = wholeAtMs !== undefined || backMs <= oldestMs;
	const reachMs = isWhole ? Math.min(oldestMs, frontMs) : backMs;
	const fromMs = Math.max(reachMs, newestWrongMs === undefined ? reachMs : newestWrongMs + stepMs);
	return {
		fromMs: fromMs < frontMs ? fromMs : undefined,
		toMs: frontMs,
		isWhole,
		sinceMs: wholeAtMs ?? roundAtMs,
		drift: sum(({ drift }) => drift),
		ghosts: sum(({ ghosts }) => ghosts),
		confirmed: sum(({ drift, ghosts, times }) => (times > 1 ? drift + ghosts : 0)),
		newestWrongMs,
		oldestWrongMs: starts.length === 0 ? undefined : Math.min(...starts),
		halt,
	};
}
