import { formatPlural } from '../../../lib/format.ts';
import type { Maybe } from '../../../sampling/panel-data.ts';
import type { DiagnosisInput } from '../check.ts';
import { evidenceRows, literal, numberIn, textIn } from '../evidence.ts';
import { type Clue, clue } from '../finding.ts';

/** The evidence that {@link runtimesAtWork} reads. */
export const runtimesAtWorkQuery = 'tasks/runtimes-at-work';

/** Seconds without a heartbeat after which the product gives a runtime no more work. */
export const silentAfterSeconds = 150;

/** Seconds after which the product gives up a runtime's running tasks. */
export const givenUpAfterSeconds = 3 * 3600;

/** A runtime with tasks in hand, or with tasks that wait for it. */
export type RuntimeAtWork = {
	readonly id: string;
	readonly name: string;
	/** Such as `local claude`. */
	readonly kind: string;
	readonly silentSeconds: number;
	readonly running: number;
	readonly oldestRunningSeconds: number | undefined;
	readonly dispatched: number;
	readonly oldestDispatchedSeconds: number | undefined;
	readonly queued: number;
	readonly oldestQueuedSeconds: number | undefined;
};

/** The runtimes that hold tasks, those that are silent first; at most a hundred of either, totals are of all. */
export type RuntimesAtWork = {
	readonly runtimes: readonly RuntimeAtWork[];
	readonly silent: number;
	readonly silentRunning: number;
	/** Tasks that name no runtime. */
	readonly unboundQueued: number;
	readonly oldestUnboundSeconds: number | undefined;
};

/** Which runtimes hold which tasks; undefined while unknown. */
export function runtimesAtWork(input: DiagnosisInput): Maybe<RuntimesAtWork> {
	const rows = evidenceRows(input, runtimesAtWorkQuery);
	if (!rows) return undefined;
	const bound = rows.filter((row) => textIn(row, 'runtime_id') !== undefined);
	const unbound = rows.find((row) => textIn(row, 'runtime_id') === undefined);
	return {
		runtimes: bound.map((row) => ({
			id: textIn(row, 'runtime_id') ?? '',
			name: textIn(row, 'name') ?? '',
			kind: [textIn(row, 'runtime_mode'), textIn(row, 'provider')].filter(Boolean).join(' '),
			silentSeconds: numberIn(row, 'silent_seconds') ?? 0,
			running: numberIn(row, 'running') ?? 0,
			oldestRunningSeconds: numberIn(row, 'oldest_running_seconds'),
			dispatched: numberIn(row, 'dispatched') ?? 0,
			oldestDispatchedSeconds: numberIn(row, 'oldest_dispatched_seconds'),
			queued: numberIn(row, 'queued') ?? 0,
			oldestQueuedSeconds: numberIn(row, 'oldest_queued_seconds'),
		})),
		silent: numberIn(rows[0], 'silent_runtimes') ?? 0,
		silentRunning: numberIn(rows[0], 'silent_running') ?? 0,
		unboundQueued: numberIn(unbound, 'queued') ?? 0,
		oldestUnboundSeconds: numberIn(unbound, 'oldest_queued_seconds'),
	};
}

/** Whether the product would still give this runtime work. */
export const isAlive = ({ silentSeconds }: RuntimeAtWork): boolean =>
	silentSeconds <= silentAfterSeconds;

/** So many runtimes are named one by one; the rest is a number. */
const named = 3;

/** A clue for each of the first runtimes, and how many more there are. */
export const runtimeClues = (
	runtimes: readonly RuntimeAtWork[],
	words: (runtime: RuntimeAtWork) => string,
): readonly Clue[] => [
	...runtimes.slice(0, named).flatMap((each) => clue(each.name || each.id, words(each))),
	...clue(
		'and',
		runtimes.length > named
			? `${formatPlural(runtimes.length - named, 'runtime')} more`
			: undefined,
	),
];

/** The ids of the runtimes that are named, as an SQL list. */
export const namedIds = (runtimes: readonly RuntimeAtWork[]): string =>
	`(${runtimes
		.slice(0, named)
		.map(({ id }) => literal(id))
		.join(', ')})`;
