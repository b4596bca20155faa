/** What is known of a session that holds a rollup's lock. */
export type Holding = {
	/** As `pg_stat_activity` has it; the rest is undefined where the role may not see it. */
	readonly application: string;
	readonly state: string | undefined;
	/** What it runs, or ran last. */
	readonly query: string | undefined;
	/** Since its state last changed. */
	readonly stateSeconds: number | undefined;
	/** Another session works on windows for it. */
	readonly isHelped?: boolean;
};

/** The application name of tidemark's own actions. */
const ownApplication = 'tidemark-action';

/**
 * Idle for so long with the lock in hand, in seconds, is not between two slices of a backfill: those
 * pause for two seconds or so. An action of tidemark pauses for as long as `--sleep-between-slices`
 * says, and its connection doesn't outlive it.
 */
const sliceGapSeconds = 60;
const ownGapSeconds = 600;

/** Whether a query recomputes buckets: a window call, or a procedure or statement that does the same. */
export const isWindowCall = (query: string | undefined): boolean =>
	/rollup_task_usage_\w+_(window|buckets)\b|\w+_backfill\b|tidemark_\w+_(rebuild|window)/.test(
		query ?? '',
	);

/** Whether an active session uses the lock for what it is there for, other than by a tick. */
export const isRecomputing = ({ application, query }: Holding): boolean =>
	application === ownApplication || isWindowCall(query);

/**
 * Whether an idle session that holds a rollup's lock may be about to go on: it has just ended a
 * transaction, a window, a tick or the taking of the lock itself, or it is in a transaction, and not
 * for long. A session that ran anything else since carries a lock that somebody forgot.
 */
export function isBetweenSlices(holding: Holding): boolean {
	const { application, state, query, stateSeconds, isHelped } = holding;
	if (isHelped === true) return true;
	const isOwn = application === ownApplication;
	const longest = isOwn ? ownGapSeconds : sliceGapSeconds;
	if (stateSeconds === undefined || stateSeconds >= longest) return false;
	if (isOwn || state !== 'idle') return true;
	return (
		isWindowCall(query) ||
		/^\s*(commit|end|rollback|begin|start transaction)\b/i.test(query ?? '') ||
		/advisory_(xact_)?lock|rollup_task_usage_/.test(query ?? '')
	);
}

/**
 * Whether it shows that a walk (a backfill, a replay) is at work: ticks then do nothing, by right, and the
 * pipeline is as far behind as it is until the walk has ended. Stricter than {@link isBetweenSlices}: a mere
 * `COMMIT` may be anybody's.
 */
export function isWalking(holding: Holding): boolean {
	const { state, query, stateSeconds = Number.POSITIVE_INFINITY, isHelped } = holding;
	if (isHelped === true || state === 'active') return isHelped === true || isRecomputing(holding);
	return (
		isRecomputing(holding) && stateSeconds < (isWindowCall(query) ? sliceGapSeconds : ownGapSeconds)
	);
}
