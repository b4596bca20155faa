import type { Row } from '../../../sampling/reading.ts';
import type { DiagnosisInput } from '../check.ts';
import { evidenceRows, numberIn, textIn } from '../evidence.ts';
import type { Pipeline } from './pipelines.ts';

/** The evidence that {@link tickRuns} reads. */
export const tickQueries = ['rollup/scheduler', 'rollup/cron-runs', 'rollup/run-log'] as const;

/** Who wrote a run down. */
export type TickSource = 'scheduler' | 'pg_cron' | 'log';

/** One run of a tick, as somebody noted it. */
export type TickRun = {
	readonly source: TickSource;
	/** `busy`: another held the lock, told by tidemark's own pipelines only. */
	readonly outcome: 'succeeded' | 'failed' | 'running' | 'busy' | 'other';
	/** Since it started, at most; infinite where nobody noted when. */
	readonly seconds: number;
	/** Since it ended; undefined: it has not, as far as is known. */
	readonly endedSeconds: number | undefined;
	readonly rows: number | undefined;
	readonly code: string | undefined;
	readonly message: string | undefined;
	/** Of the scheduler: still said to run, though past the time it gave itself. */
	readonly isStale: boolean;
	/** Of the scheduler: since the runner last said that it lives. */
	readonly heartbeatSeconds: number | undefined;
	readonly runner: string | undefined;
};

/** The last runs of a pipeline's tick by each source that keeps a record, newest first. */
export function tickRuns(input: DiagnosisInput, pipeline: Pipeline): readonly TickRun[] {
	const { name, tickFunction } = pipeline;
	const from = (id: (typeof tickQueries)[number], holds: (row: Row) => boolean) =>
		(evidenceRows(input, id) ?? []).filter(holds);
	return [
		...from('rollup/scheduler', (row) => row.job === tickFunction).map(schedulerRun),
		...cronRuns(from('rollup/cron-runs', (row) => ticks(textIn(row, 'command'), pipeline))),
		...from('rollup/run-log', (row) => row.pipeline === name).map(loggedRun),
	].toSorted((a, b) => a.seconds - b.seconds);
}

/** Whether a command calls this pipeline's tick, and not only one whose name begins alike. */
export function ticks(command: string | undefined, { tickFunction }: Pipeline): boolean {
	return new RegExp(`\\b${tickFunction}(_tick)?\\s*\\(`).test(command ?? '');
}

function schedulerRun(row: Row): TickRun {
	const status = (textIn(row, 'status') ?? '').toUpperCase();
	const outcomes: Readonly<Record<string, TickRun['outcome']>> = {
		SUCCESS: 'succeeded',
		FAILED: 'failed',
		RUNNING: 'running',
	};
	return {
		source: 'scheduler',
		outcome: outcomes[status] ?? 'other',
		seconds: numberIn(row, 'started_seconds') ?? numberIn(row, 'planned_seconds') ?? 0,
		endedSeconds: numberIn(row, 'finished_seconds'),
		rows: numberIn(row, 'rows_affected'),
		code: textIn(row, 'error_code'),
		message: plain(textIn(row, 'error_message')),
		isStale: status === 'RUNNING' && row.is_stale === true,
		heartbeatSeconds: numberIn(row, 'heartbeat_seconds'),
		runner: textIn(row, 'runner'),
	};
}

/**
 * Older versions of pg_cron note no time of a run that could not connect: it has the age of the run before it.
 * @param rows of each job the newest first
 */
function cronRuns(rows: readonly Row[]): readonly TickRun[] {
	const before = new Map<unknown, number>();
	return rows
		.toReversed()
		.map((row) => {
			const job = row.job_id;
			const seconds = numberIn(row, 'started_seconds') ?? before.get(job) ?? Infinity;
			before.set(job, seconds);
			return cronRun(row, seconds);
		})
		.toReversed();
}

function cronRun(row: Row, seconds: number): TickRun {
	const status = textIn(row, 'status');
	const failed = status === 'failed';
	return {
		source: 'pg_cron',
		outcome: failed ? 'failed' : status === 'succeeded' ? 'succeeded' : 'running',
		seconds,
		endedSeconds: numberIn(row, 'finished_seconds'),
		rows: undefined,
		code: undefined,
		message: failed ? plain(textIn(row, 'message')) : undefined,
		isStale: false,
		heartbeatSeconds: undefined,
		runner: undefined,
	};
}

/** An error as one plain sentence: pg_cron keeps the server's own prefix and line breaks. */
const plain = (message: string | undefined): string | undefined =>
	message
		?.replace(/^ERROR:\s*/, '')
		.replace(/[\s·]+/g, ' ')
		.trim() || undefined;

function loggedRun(row: Row): TickRun {
	const outcomes: Readonly<Record<string, TickRun['outcome']>> = {
		ok: 'succeeded',
		idle: 'succeeded',
		busy: 'busy',
		failed: 'failed',
		running: 'running',
	};
	return {
		source: 'log',
		outcome: outcomes[textIn(row, 'outcome') ?? ''] ?? 'other',
		seconds: numberIn(row, 'started_seconds') ?? 0,
		endedSeconds: numberIn(row, 'finished_seconds'),
		rows: numberIn(row, 'rows_touched'),
		code: textIn(row, 'error_code'),
		message: plain(textIn(row, 'error_message')),
		isStale: false,
		heartbeatSeconds: undefined,
		runner: undefined,
	};
}

/**
 * Seconds between two ticks, as the records have it: the median distance of the runs of the source
 * that ran last. Undefined with fewer than three runs.
 */
export function cadenceSeconds(runs: readonly TickRun[]): number | undefined {
	const own = runs.filter(({ source }) => source === runs[0]?.source);
	const gaps = own
		.slice(1)
		.map(({ seconds }, index) => seconds - (own[index]?.seconds ?? 0))
		.filter((gap) => gap > 0 && Number.isFinite(gap))
		.sort((a, b) => a - b);
	return gaps.length < 2 ? undefined : gaps[Math.floor(gaps.length / 2)];
}

/** The name of a source, as a person would say it. */
export const sourceNames: Readonly<Record<TickSource, string>> = {
	scheduler: "the application's scheduler",
	pg_cron: 'pg_cron',
	log: 'somebody outside',
};
