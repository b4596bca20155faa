import { formatCount } from '../../../lib/format.ts';
import type { Maybe } from '../../../sampling/panel-data.ts';
import type { DiagnosisInput } from '../check.ts';
import { evidenceRows, numberIn } from '../evidence.ts';
import type { Pipeline } from './pipelines.ts';

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
	/** Rows that came in a minute, over the last five. */
	readonly inflowPerMinute: number;
	readonly oldestSeconds: number;
	readonly pastFiveDays: number;
	readonly pastRetention: number;
	/** Rows that the next tick would prune without having consumed them. */
	readonly lostNext: number;
	/** There is a prune function, and it consumes what it takes away. */
	readonly hasPrune: boolean;
	readonly pruneKeeps: boolean;
};

/** Rows older than this are pruned, unconsumed or not. */
export const retentionSeconds = 7 * 86_400;

/** A pipeline's dirty queue; undefined while unknown, null where it is empty. */
export function dirtyQueueOf(input: DiagnosisInput, { name }: Pipeline): Maybe<DirtyQueue | null> {
	const row = evidenceRows(input, `rollup/dirty-${name}`)?.[0];
	if (!row) return undefined;
	const rows = numberIn(row, 'seen') ?? 0;
	if (rows === 0) return null;
	return {
		rows,
		isCapped: row.is_capped === true,
		inflowPerMinute: (numberIn(row, 'last_minutes') ?? 0) / (numberIn(row, 'minutes') ?? 5),
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

/** Rows that ticks took out a minute, over the snapshots that are remembered; undefined: too few of them. */
export function drainPerMinute({ history }: DiagnosisInput, { name }: Pipeline): Maybe<number> {
	const seen = history.flatMap(({ readings }) => {
		const reading = readings.get(`rollup/${name}-dirty`);
		const rows = reading?.kind === 'ok' ? reading.rows[0]?.dirty_rows : undefined;
		return reading?.kind === 'ok' && rows != null ? [{ at: reading.at, rows: Number(rows) }] : [];
	});
	const [first] = seen;
	const last = seen.at(-1);
	if (!first || !last || last.at - first.at < shortestLookMs) return undefined;
	const taken = seen
		.slice(1)
		.reduce((sum, { rows }, index) => sum + Math.max(0, (seen[index]?.rows ?? rows) - rows), 0);
	return (60_000 * taken) / (last.at - first.at);
}

/** What becomes of a queue if nothing changes, in words. */
export function outlookOf(queue: DirtyQueue, isTicked: boolean, isBlocked: boolean): string {
	if (isTicked && !isBlocked) {
		return queue.oldestSeconds < staleSeconds
			? 'clears at the next tick'
			: 'ticks run and leave them there';
	}
	const why = isBlocked ? 'while its lock is held' : 'while nobody ticks';
	return queue.inflowPerMinute >= 1
		? `grows ${formatCount(queue.inflowPerMinute)} a minute and never clears ${why}`
		: `never clears ${why}`;
}

/** No tick leaves a row for longer: windows end five minutes ago, ticks come every few minutes. */
const staleSeconds = 1800;
