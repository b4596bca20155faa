import type { Explained } from '../finding.ts';

/** All that follows where nothing gets a pipeline's lock, because the session `pid` has it. */
export const blockedBy = (subject: string, pid: number): readonly Explained[] => [
	{ fault: 'old-transaction', subject: String(pid) },
	{ fault: 'blocked-delete', subject },
	{ fault: 'green-but-still', subject },
	...stoodStill(subject),
	{ signal: 'rollup-lock-idle', subject },
	{ signal: 'rollup-lock-active', subject },
	{ signal: 'rollup-lock-waiter', subject },
];

/** All that follows where a pipeline does not get on. */
export const stoodStill = (subject: string): readonly Explained[] => [
	{ fault: 'catching-up', subject },
	...ticksCeased(subject),
];

/** All that follows where nobody ticks a pipeline. */
export const ticksCeased = (subject: string): readonly Explained[] => [
	{ fault: 'ticks-stopped', subject },
	{ fault: 'dirty-grows', subject },
	{ fault: 'unfinished-backfill', subject },
	{ signal: 'rollup-failed-runs', subject },
	{ signal: 'rollup-stalled-runs', subject },
	{ signal: 'rollup-data-lag', subject },
	{ signal: 'rollup-run-age', subject },
	{ signal: 'dirty-oldest', subject },
	{ signal: 'dirty-rising', subject },
];
