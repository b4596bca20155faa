import type { LockUser } from './locks.ts';
import type { Interval } from './times.ts';

/** Why an action has let go of the lock for a while. */
export type YieldReason =
	| { readonly kind: 'waiter'; readonly user: LockUser }
	| { readonly kind: 'replica'; readonly lagSeconds: number }
	| { readonly kind: 'paused' };

/** What happens while an action runs. */
export type ActionEvent =
	/** Somebody else has the lock. */
	| { readonly kind: 'busy'; readonly users: readonly LockUser[] }
	/** Something worth a line, such as which engine is used and why. */
	| { readonly kind: 'note'; readonly text: string }
	/** What the whole walk weighs, in usage rows. */
	| { readonly kind: 'planned'; readonly rows: number }
	| { readonly kind: 'slice-started'; readonly slice: Interval; readonly rows: number }
	| {
			readonly kind: 'slice-done';
			readonly slice: Interval;
			/** Weight of the slice, in usage rows. */
			readonly rows: number;
			/** Rollup rows that the engine says it touched. */
			readonly touched: number;
			/** How long its transaction took. */
			readonly tookMs: number;
	  }
	/** It is done again: somebody stood in the way, or it took too long. */
	| { readonly kind: 'slice-retried'; readonly slice: Interval; readonly reason: string }
	/** The pipeline's lock was taken, or given back; by a clock that only moves forward. */
	| { readonly kind: 'locked' | 'unlocked'; readonly atMs: number }
	| { readonly kind: 'yielded'; readonly reason: YieldReason }
	| { readonly kind: 'went-on'; readonly afterMs: number };

/** Hears of what happens. */
export type OnEvent = (event: ActionEvent) => void;

/** How far a walk is. All that is shown of it follows from this. */
export type Progress = {
	/** Weight of the whole walk, in usage rows; grows when more turns up. */
	readonly totalRows: number;
	readonly doneRows: number;
	readonly slicesDone: number;
	readonly touched: number;
	/** Time at work: waiting, yielding and pausing don't count. */
	readonly workedMs: number;
	readonly longestSliceMs: number;
	/** Since when the pipeline's lock is held; undefined: it isn't. */
	readonly lockedAtMs: number | undefined;
	/** From taking the lock to giving it back, whatever was done meanwhile. */
	readonly longestHoldMs: number;
	readonly current: Interval | undefined;
	readonly yielding: YieldReason | undefined;
	readonly busyWith: LockUser | undefined;
	readonly lastNote: string;
};

export const noProgress: Progress = {
	totalRows: 0,
	doneRows: 0,
	slicesDone: 0,
	touched: 0,
	workedMs: 0,
	longestSliceMs: 0,
	lockedAtMs: undefined,
	longestHoldMs: 0,
	current: undefined,
	yielding: undefined,
	busyWith: undefined,
	lastNote: '',
};

/** The progress after one more event. Pure. */
export function progressAfter(before: Progress, event: ActionEvent): Progress {
	switch (event.kind) {
		case 'busy':
			return { ...before, busyWith: event.users.find(({ isHolder }) => isHolder) };
		case 'note':
			return { ...before, lastNote: event.text };
		case 'planned':
			return { ...before, totalRows: event.rows };
		case 'slice-started':
			return { ...before, current: event.slice, yielding: undefined, busyWith: undefined };
		case 'slice-done':
			return {
				...before,
				current: undefined,
				doneRows: before.doneRows + event.rows,
				totalRows: Math.max(before.totalRows, before.doneRows + event.rows),
				slicesDone: before.slicesDone + 1,
				touched: before.touched + event.touched,
				workedMs: before.workedMs + event.tookMs,
				longestSliceMs: Math.max(before.longestSliceMs, event.tookMs),
			};
		case 'locked':
			return { ...before, lockedAtMs: event.atMs };
		case 'unlocked': {
			const heldMs = event.atMs - (before.lockedAtMs ?? event.atMs);
			const longestHoldMs = Math.max(before.longestHoldMs, heldMs);
			return { ...before, lockedAtMs: undefined, longestHoldMs };
		}
		case 'slice-retried':
			return { ...before, lastNote: event.reason };
		case 'yielded':
			return { ...before, yielding: event.reason };
		case 'went-on':
			return { ...before, yielding: undefined, busyWith: undefined };
	}
}

/** Usage rows per second of work; undefined until something was measured. */
export const rateOf = ({ doneRows, workedMs }: Progress): number | undefined =>
	doneRows > 0 && workedMs > 0 ? (doneRows * 1000) / workedMs : undefined;

/** What is left at the rate so far, in seconds; undefined as long as there is nothing to go by. */
export function etaSeconds(progress: Progress, sleepMs = 0): number | undefined {
	const rate = rateOf(progress);
	if (rate === undefined || progress.slicesDone === 0) return undefined;
	const leftRows = Math.max(0, progress.totalRows - progress.doneRows);
	const leftSlices = (leftRows / Math.max(1, progress.doneRows)) * progress.slicesDone;
	return leftRows / rate + (leftSlices * sleepMs) / 1000;
}
