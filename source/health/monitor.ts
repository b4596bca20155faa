import type { Snapshot } from '../sampling/snapshot.ts';
import type { HealthEvent, Verdict } from './verdict.ts';

/** One snapshot with what it means; what every reader of the console sees. */
export type Report = {
	readonly snapshot: Snapshot;
	/** Worst first; only signals whose data exists here. */
	readonly verdicts: readonly Verdict[];
	/** Newest last, at most {@link maxEvents}. */
	readonly events: readonly HealthEvent[];
};

/** How many events are remembered. */
export const maxEvents = 500;
