import type { Maybe } from '../../../sampling/panel-data.ts';
import type { DiagnosisInput } from '../check.ts';
import { evidenceRows, numberIn } from '../evidence.ts';
import { isAlive, type RuntimeAtWork, runtimesAtWork } from './runtimes-at-work.ts';

/**
 * How bad it is that a ready task has waited so long. A threshold with a duration is taken as
 * reached by a task that was there for both, so that one look is enough.
 */
export function waiting(
	{ thresholds }: DiagnosisInput,
	oldestSeconds: number,
): 'warn' | 'critical' | undefined {
	const { warn, critical } = thresholds['oldest-ready-task'];
	if (critical && oldestSeconds >= critical.at + critical.forMs / 1000) return 'critical';
	return warn && oldestSeconds >= warn.at + warn.forMs / 1000 ? 'warn' : undefined;
}

/** The evidence that {@link handOuts} reads. */
export const lastMovesQuery = 'tasks/last-moves';

/** Where any task can be handed out, one is within this time. */
const stillSeconds = 60;

/** How tasks are handed out to live runtimes that have had one waiting for too long. */
export type HandOuts = {
	/** The live runtimes with a task that has waited for too long. */
	readonly live: readonly RuntimeAtWork[];
	/** Those of them with nothing in hand. */
	readonly idle: number;
	/** Since the last hand-out; undefined: not known. */
	readonly lastSeconds: Maybe<number>;
	/** Tasks are handed out now. */
	readonly isMoving: boolean;
	/** Nothing is handed out, though somebody is free, or was a while ago. */
	readonly isStill: boolean;
};

/** Looks at who waits, who is free, and when the last task was handed out. */
export function handOuts(input: DiagnosisInput): HandOuts {
	const live = (runtimesAtWork(input)?.runtimes ?? []).filter(
		(each) => isAlive(each) && waiting(input, each.oldestQueuedSeconds ?? 0) !== undefined,
	);
	const idle = live.filter(({ running, dispatched }) => running + dispatched === 0).length;
	const row = evidenceRows(input, lastMovesQuery)?.[0];
	const lastSeconds = numberIn(row, 'dispatched_seconds');
	const freedSeconds = numberIn(row, 'freed_seconds') ?? 0;
	const isMoving = lastSeconds !== undefined && lastSeconds < stillSeconds;
	const wasFree = freedSeconds >= stillSeconds && (lastSeconds ?? Infinity) > freedSeconds;
	return { live, idle, lastSeconds, isMoving, isStill: !isMoving && (idle > 0 || wasFree) };
}
