/** What verifying in the background may save up, in ms. */
export const mostCreditMs = 50;
/** The server cancels one comparison after this: nobody who asks on the same connection waits longer. */
export const stepTimeoutMs = 1000;
const shortestRestMs = 30_000;
const longestRestMs = 600_000;

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
