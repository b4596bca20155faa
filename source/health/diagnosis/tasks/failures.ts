import type { Maybe } from '../../../sampling/panel-data.ts';
import type { DiagnosisInput } from '../check.ts';
import { evidenceRows, numberIn, textIn } from '../evidence.ts';

/** The evidence that {@link recentFailures} reads. */
export const failuresQuery = 'tasks/failures';

/** Failures of one reason on one runtime in the last 15 minutes. */
export type FailureGroup = {
	readonly reason: string;
	readonly runtimeId: string;
	readonly runtime: string;
	readonly provider: string;
	readonly failed: number;
	/** Of tasks that had been tried before. */
	readonly retried: number;
	readonly firstSeconds: number;
	readonly lastSeconds: number;
	/** Failures of this reason on all runtimes, and how many those are. */
	readonly ofReason: number;
	readonly runtimesOfReason: number;
	/** Failures of this runtime for all reasons, and all it finished. */
	readonly ofRuntime: number;
	readonly finishedOfRuntime: number;
};

/** What failed lately, most frequent first, with the totals over everything that finished. */
export type RecentFailures = {
	readonly groups: readonly FailureGroup[];
	readonly finished: number;
	/** Runtimes that finished enough to be judged, and those of them that fail nearly everything. */
	readonly busyRuntimes: number;
	readonly failingRuntimes: number;
};

/** What failed in the last 15 minutes; undefined while unknown. */
export function recentFailures(input: DiagnosisInput): Maybe<RecentFailures> {
	const rows = evidenceRows(input, failuresQuery);
	return (
		rows && {
			groups: rows.map((row) => ({
				reason: textIn(row, 'reason') ?? 'unknown',
				runtimeId: textIn(row, 'runtime_id') ?? '',
				runtime: textIn(row, 'name') ?? 'no runtime',
				provider: textIn(row, 'provider') ?? '',
				failed: numberIn(row, 'failed') ?? 0,
				retried: numberIn(row, 'retried') ?? 0,
				firstSeconds: numberIn(row, 'first_seconds') ?? 0,
				lastSeconds: numberIn(row, 'last_seconds') ?? 0,
				ofReason: numberIn(row, 'of_reason') ?? 0,
				runtimesOfReason: numberIn(row, 'runtimes_of_reason') ?? 0,
				ofRuntime: numberIn(row, 'of_runtime') ?? 0,
				finishedOfRuntime: numberIn(row, 'finished_of_runtime') ?? 0,
			})),
			finished: numberIn(rows[0], 'finished') ?? 0,
			busyRuntimes: numberIn(rows[0], 'busy_runtimes') ?? 0,
			failingRuntimes: numberIn(rows[0], 'failing_runtimes') ?? 0,
		}
	);
}

/** Fewer finished tasks than this say nothing about a runtime. */
const fewestFinished = 5;
/** From this share of failures on a runtime fails everything it takes. */
const failingShare = 0.9;

/** Whether the runtime of this group fails (nearly) everything it takes. */
export const isFailing = ({ ofRuntime, finishedOfRuntime }: FailureGroup): boolean =>
	finishedOfRuntime >= fewestFinished && ofRuntime >= failingShare * finishedOfRuntime;

/** Whether so many of the judged runtimes fail that it can't be the runtimes' own fault. */
export const isEverywhere = ({ busyRuntimes, failingRuntimes }: RecentFailures): boolean =>
	failingRuntimes >= 3 && failingRuntimes > busyRuntimes / 2;
