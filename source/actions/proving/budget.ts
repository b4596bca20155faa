/** What verifying in the background may cost the server. Times in ms, of a clock that only moves forward. */
export type Budget = {
	/** Server time that may be spent; below zero it is owed, and waited for. */
	readonly creditMs: number;
	readonly atMs: number;
};

/** What is saved up at most, so that a long pause is not followed by a burst. */
const mostCreditMs = 50;
/** The server cancels one comparison after this: nobody who asks on the same connection waits longer. */
export const stepTimeoutMs = 1000;
const shortestRestMs = 30_000;
const longestRestMs = 600_000;

export const freshBudget = (nowMs: number): Budget => ({ creditMs: 0, atMs: nowMs });

/** The budget at a later moment, for a share of one processor. */
export const earned = ({ creditMs, atMs }: Budget, nowMs: number, share: number): Budget => ({
	creditMs: Math.min(mostCreditMs, creditMs + share * (nowMs - atMs)),
	atMs: nowMs,
});

/** The budget after the server has worked for so long. */
export const spent = (budget: Budget, serverMs: number): Budget => ({
	...budget,
	creditMs: budget.creditMs - serverMs,
});

/** How long a pipeline is left alone after a failure: each time in a row twice as long as before. */
export const restAfter = (lastRestMs: number): number =>
	Math.min(longestRestMs, Math.max(shortestRestMs, lastRestMs * 2));

/** Refreshes that say what is usual here. */
const usualTrips = 30;
/** Slower than usual by this much, a refresh shows a server that is busy. */
const busyFactor = 4;
const busyMs = 50;

/**
 * Whether the server answers much more slowly than it usually does.
 * @param tripsMs server time of the refreshes, oldest first
 */
export function isBusy(tripsMs: readonly number[]): boolean {
	const last = tripsMs.at(-1);
	const before = tripsMs.slice(-usualTrips - 1, -1).toSorted((a, b) => a - b);
	const median = before[Math.floor(before.length / 2)];
	if (last === undefined || median === undefined) return false;
	return last > median * busyFactor && last > median + busyMs;
}
