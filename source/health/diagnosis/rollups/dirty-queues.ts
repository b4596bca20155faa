import { formatCount, formatPlural } from '../../../lib/format.ts';
import type { Maybe } from '../../../sampling/panel-data.ts';
import type { DiagnosisInput } from '../check.ts';
import { evidenceRows, numberIn } from '../evidence.ts';
import { lockOf } from './locks.ts';
import { behindSeconds, type Pipeline, type PipelineHere } from './pipelines.ts';
import { tickersOf } from './tickers.ts';

/** The evidence that {@link dirtyQueueOf} reads. */
export const dirtyQueries = [
	'rollup/dirty-hourly',
	'rollup/dirty-daily',
	'rollup/dirty-dashboard',
] as const;

/** A pipeline's dirty queue by the age of its rows. */
export type DirtyQueue = {
	/** Rows read; there are more where `isCapped`. */
	readonly rows: number;
	readonly isCapped: boolean;
	/** What is counted by age is of the rows read, and there may be more. */
	readonly isPartial: boolean;
	/** Rows that came in a minute, over the last five; else as the snapshots that are remembered have it. */
	readonly inflowPerMinute: Maybe<number>;
	readonly oldestSeconds: number;
	readonly pastFiveDays: number;
	readonly pastRetention: number;
	/** Rows that the next tick would prune without having consumed them. */
	readonly lostNext: number;
	/** There is a prune function, and it consumes what it takes away. */
	readonly hasPrune: boolean;
	readonly pruneKeeps: boolean;
};

/** Of a longer queue, and of each age in it, no more rows are counted. */
export const countedRows = 20_000;

/** Rows older than this are pruned, unconsumed or not. */
export const retentionSeconds = 7 * 86_400;

/** A pipeline's dirty queue; undefined while unknown, null where it is empty. */
export function dirtyQueueOf(input: DiagnosisInput, { name }: Pipeline): Maybe<DirtyQueue | null> {
	const row = evidenceRows(input, `rollup/dirty-${name}`)?.[0];
	if (!row) return undefined;
	const rows = numberIn(row, 'seen') ?? 0;
	if (rows === 0) return null;
	const lastMinutes = numberIn(row, 'last_minutes');
	return {
		rows: Math.min(rows, countedRows),
		isCapped: row.is_capped === true,
		isPartial: row.is_partial === true,
		inflowPerMinute:
			lastMinutes === undefined
				? flowsPerMinute(input, name)?.in
				: lastMinutes / (numberIn(row, 'minutes') ?? 5),
		oldestSeconds: numberIn(row, 'oldest_seconds') ?? 0,
		pastFiveDays: numberIn(row, 'past_five_days') ?? 0,
		pastRetention: numberIn(row, 'past_retention') ?? 0,
		lostNext: numberIn(row, 'lost_next') ?? 0,
		hasPrune: row.has_prune === true,
		pruneKeeps: row.prune_keeps === true,
	};
}

/** A shorter look at a queue that is drained once a minute would say anything. */
const shortestLookMs = 2 * 60_000;

/**
 * Rows that came in and that ticks took out a minute, over the snapshots that are remembered: what is in
 * between two of them is not seen. Undefined: too few of them.
 */
export function flowsPerMinute(
	{ history }: DiagnosisInput,
	name: Pipeline['name'],
): Maybe<{ readonly in: number; readonly out: number }> {
	const seen = history.flatMap(({ readings }) => {
		const reading = readings.get(`rollup/${name}-dirty`);
		const rows = reading?.kind === 'ok' ? reading.rows[0]?.dirty_rows : undefined;
		return reading?.kind === 'ok' && rows != null ? [{ at: reading.at, rows: Number(rows) }] : [];
	});
	const [first] = seen;
	const last = seen.at(-1);
	if (!first || !last || last.at - first.at < shortestLookMs) return undefined;
	const minutes = (last.at - first.at) / 60_000;
	const changes = seen.slice(1).map(({ rows }, index) => rows - (seen[index]?.rows ?? rows));
	const sum = (sign: 1 | -1) =>
		changes.reduce((total, change) => total + Math.max(0, sign * change), 0);
	return { in: sum(1) / minutes, out: sum(-1) / minutes };
}

/** What becomes of a queue if nothing changes, in words. */
export function outlookOf(
	input: DiagnosisInput,
	pipeline: PipelineHere,
	queue: DirtyQueue,
): string {
	const why = inTheWay(input, pipeline);
	if (why !== undefined) {
		return (queue.inflowPerMinute ?? 0) >= 1
			? `grows ${formatCount(queue.inflowPerMinute ?? 0)} a minute and never clears ${why}`
			: `never clears ${why}`;
	}
	const behind = behindSeconds(pipeline) ?? 0;
	const { stepSeconds } = pipeline;
	if (stepSeconds !== undefined && behind > stepSeconds) {
		return `clears when it has caught up, in ${formatPlural(Math.ceil(behind / stepSeconds), 'tick')}`;
	}
	if (queue.oldestSeconds >= staleSeconds) return 'ticks run and leave them there';
	return queue.oldestSeconds < unsettledSeconds
		? 'clears once it is five minutes old'
		: 'clears at the next tick';
}

/** Why no tick gets to the queue; undefined: nothing is known that would keep them. */
function inTheWay(input: DiagnosisInput, pipeline: PipelineHere): string | undefined {
	const lock = lockOf(input, pipeline);
	// A tick at work holds it too, and it is what clears the queue.
	if (lock && lock.purpose !== 'working') return 'while its lock is held';
	const { kinds, runs } = tickersOf(input, pipeline);
	if (kinds.length === 0) return 'while nobody ticks';
	const last = runs.find(({ outcome }) => outcome !== 'running');
	return last?.outcome === 'failed' ? 'while ticks fail' : undefined;
}

/** No tick leaves a row for longer: windows end five minutes ago, ticks come every few minutes. */
const staleSeconds = 1800;
/** A window ends so long ago: what is younger waits for a later tick. */
const unsettledSeconds = 300;
