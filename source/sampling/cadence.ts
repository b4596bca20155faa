/** When a sampler is asked next; by a clock that is never set back, in ms. */
export type Cadence = { readonly dueAt: number; readonly failures: number };

/** A sampler that fails is asked less often, down to this; it is never given up. */
export const slowestMs = 60_000;

/** A sampler asked as seldom as this is one that no index helps: it gets the second connection. */
export const slowEveryMs = 30_000;

/** Due at once. */
export const fresh: Cadence = { dueAt: Number.NEGATIVE_INFINITY, failures: 0 };

/** Whether the sampler should be part of a refresh that starts now. */
export const isDue = (cadence: Cadence, now: number): boolean => now >= cadence.dueAt;

/** After a run that worked: an own cadence is kept, without one every refresh asks again. */
export const afterSuccess = (now: number, everyMs: number | undefined): Cadence => ({
	dueAt: everyMs === undefined ? now : now + everyMs,
	failures: 0,
});

/**
 * After a run that failed: the pause doubles with each failure in a row. The first failure of a
 * sampler without an own cadence skips one refresh, so that one hiccup costs one sample.
 */
export function afterFailure(
	previous: Cadence,
	now: number,
	intervalMs: number,
	everyMs: number | undefined,
): Cadence {
	const failures = previous.failures + 1;
	const pauseMs = Math.min(intervalMs * 2 ** Math.min(failures, 16), slowestMs);
	return { dueAt: now + Math.max(pauseMs, everyMs ?? 0), failures };
}
