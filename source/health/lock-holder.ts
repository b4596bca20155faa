/**
 * Idle for so long with the lock in hand, in seconds, is not between two slices of a backfill: those
 * pause for two seconds, or for what `--sleep-between-slices` says.
 */
export const sliceGapSeconds = 60;

/** Whether a query is a window call, or the procedure that makes them: a backfill at work. */
export const isWindowCall = (query: string | undefined): boolean =>
	/\brollup_task_usage_\w+_window\b|\b\w+_backfill\b|\btidemark_\w+_rebuild/.test(query ?? '');

/**
 * Whether an idle session that holds a rollup's lock may be about to go on: it has just ended a
 * transaction, a window, a tick or the taking of the lock itself, or it is in a transaction, and not
 * for long. A session that ran anything else since carries a lock that somebody forgot.
 */
export function isBetweenSlices(
	state: string,
	lastQuery: string | undefined,
	idleSeconds: number | undefined,
): boolean {
	if (idleSeconds === undefined || idleSeconds >= sliceGapSeconds) return false;
	if (state !== 'idle') return true;
	return (
		isWindowCall(lastQuery) ||
		/^\s*(commit|end|rollback|begin|start transaction)\b/i.test(lastQuery ?? '') ||
		/advisory_(xact_)?lock|rollup_task_usage_/.test(lastQuery ?? '')
	);
}
