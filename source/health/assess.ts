import type { Snapshot } from '../sampling/snapshot.ts';
import { eventsBetween } from './events.ts';
import { judge, type Memories } from './judge.ts';
import { measure } from './measure.ts';
import { walkedIn } from './measure-rollups.ts';
import type { SignalName, Threshold } from './thresholds.ts';
import type { HealthEvent, Verdict } from './verdict.ts';

/** What snapshots have led to so far: all that the next one is judged by. */
export type Assessment = {
	/** Of the last snapshot; the rest of it is not needed any more. */
	readonly snapshot: Pick<Snapshot, 'connection'>;
	/** Worst first; only signals whose data exists here. */
	readonly verdicts: readonly Verdict[];
	/** Newest last, at most {@link maxEvents}. */
	readonly events: readonly HealthEvent[];
	readonly memories: Memories;
	/** When a walk was last seen on a pipeline, by the server's clock; at most a minute ago. */
	readonly walkedAt: ReadonlyMap<string, number>;
};

/** How many events are remembered. */
export const maxEvents = 500;

/** Before anything was judged. */
export const unassessed = ({ connection }: Snapshot): Assessment => ({
	snapshot: { connection },
	verdicts: [],
	events: [],
	memories: new Map(),
	walkedAt: new Map(),
});

/** A walk rests for less than this between two slices, in ms, and is not seen then. */
const walkGapMs = 60_000;

const walked = (before: Assessment['walkedAt'], snapshot: Snapshot): Assessment['walkedAt'] =>
	new Map([
		...[...before].filter(([, at]) => snapshot.at - at < walkGapMs),
		...[...walkedIn(snapshot)].map((pipeline) => [pipeline, snapshot.at] as const),
	]);

/** Judges a snapshot by what those before it have led to; the same ones always lead to the same. */
export function assess(
	before: Assessment,
	snapshot: Snapshot,
	thresholds: Readonly<Record<SignalName, Threshold>>,
): Assessment {
	const { connection } = snapshot;
	const walkedAt = walked(before.walkedAt, snapshot);
	// Nothing new was measured while the server is away: what was last known still stands.
	const { verdicts, memories } =
		connection.kind === 'live'
			? judge(measure(snapshot, new Set(walkedAt.keys())), before.memories, thresholds, snapshot.at)
			: before;
	const fresh = eventsBetween(before, { snapshot, verdicts });
	const events =
		fresh.length === 0 ? before.events : [...before.events, ...fresh].slice(-maxEvents);
	return { snapshot: { connection }, verdicts, events, memories, walkedAt };
}
