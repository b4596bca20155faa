import type { EngineName } from './engine.ts';
import { type Extent, readExtent, readWeights } from './extent.ts';
import { isOwn, whyNotDirect } from './facts.ts';
import type { LedgerSlice } from './ledger.ts';
import { type Pace, paceAfter, predictMs, type Weights, weightOf } from './pace.ts';
import { readReceipts } from './receipts.ts';
import type { Query } from './session.ts';
import {
	cutAtMonths,
	type Interval,
	monthStart,
	monthsBetween,
	monthText,
	uncovered,
} from './times.ts';
import type { ActionContext, Workplace } from './workplace.ts';

/** What kind of backfill is wished for. */
export type BackfillWish = {
	readonly engine: EngineName;
	/** Only from this many months before the current one; undefined: from the oldest usage. */
	readonly monthsBack?: number | undefined;
	/** The first month of an earlier run that is resumed: what its `monthsBack` meant then. */
	readonly sinceMs?: number | undefined;
	/** The months before may be abandoned: the watermark moves past them for good. */
	readonly isPartialForced: boolean;
	/** One window call a calendar month, however long it holds the lock. */
	readonly isByMonth: boolean;
	readonly sleepMs: number;
	/** Of each statement; the server cancels a longer one. */
	readonly statementTimeoutMs: number;
	/** What an earlier run has done, and need not be done again. */
	readonly finished: readonly LedgerSlice[];
};

/** A calendar month (UTC) of a walk. */
export type PlannedMonth = Interval & {
	/** Usage rows last changed in it. */
	readonly rows: number;
	/** Rows that an earlier run has left to do. */
	readonly leftRows: number;
	readonly predictedMs: number;
};

/** What a backfill would do. */
export type BackfillPlan = {
	readonly wish: BackfillWish;
	readonly extent: Extent;
	/** Empty: there is no usage, and the watermark is all there is to stamp. */
	readonly months: readonly PlannedMonth[];
	/** From here on, as wished; undefined: from the oldest usage. */
	readonly sinceMs: number | undefined;
	/** Months that the watermark would move past undone; undefined: none. */
	readonly abandoned: { readonly oldestMs: number; readonly rows: number } | undefined;
	/** The spans that are left to do, none longer than a month. */
	readonly todo: readonly Interval[];
	readonly weights: Weights;
	/** What is expected to recompute. */
	readonly engine: EngineName;
	/** Why that can't be the direct engine, though it is wished for; undefined: it can, or isn't. */
	readonly whyNotDirect: string | undefined;
	readonly pace: Pace;
};

/**
 * Usage rows a ms, where nothing was measured yet: the field's window function took 276 s for a month
 * of 172,000 buckets; ours and the direct statement on the field's tables are a hundred times as fast.
 * On ours the direct statement took 29.2 s for 190,000 rows.
 */
const assumedPace = {
	function: { field: 0.6, own: 30 },
	direct: { field: 60, own: 6.5 },
} as const;

const timeoutMs = 120_000;

/** Finds out what a backfill would walk; reads only. */
export async function planBackfill(
	context: Pick<ActionContext, 'folder' | 'target' | 'signal'>,
	place: Workplace,
	wish: BackfillWish,
): Promise<BackfillPlan> {
	const { session, shape, facts, pipeline } = place;
	const options = { statementTimeoutMs: timeoutMs, isReadOnly: true, isRepeatable: true };
	const strange = wish.engine === 'direct' ? whyNotDirect(facts, pipeline) : undefined;
	const engine = strange === undefined ? wish.engine : 'function';
	const pace = paceOf(context, place, wish, engine);
	const by = { wish, engine, whyNotDirect: strange, pace };
	const look = async (query: Query): Promise<BackfillPlan> => {
		const extent = await readExtent(query, shape);
		const { oldestMs, newestCreatedMs = 0, newestEventMs = 0, nowMs } = extent;
		const sinceMs = wish.sinceMs ?? sinceOf(wish, nowMs);
		if (oldestMs === undefined) {
			const none = { months: [], todo: [], abandoned: undefined, weights: new Map() };
			return { ...by, extent, sinceMs, ...none };
		}
		// To the month after the newest row; a row that was changed since is newer than it was created.
		const all = monthsBetween(oldestMs, Math.max(newestCreatedMs, newestEventMs));
		const endMs = all.at(-1)?.toMs ?? 0;
		const weights = await readWeights(query, shape, all[0]?.fromMs ?? 0, endMs);
		const firstMs = sinceMs ?? 0;
		const skipped = all.filter(({ fromMs }) => fromMs < firstMs);
		const walked = all.filter(({ fromMs }) => fromMs >= firstMs);
		const span = {
			fromMs: walked[0]?.fromMs ?? Math.min(firstMs, extent.settledMs),
			toMs: Math.min(endMs, extent.settledMs),
		};
		const todo = uncovered(span, wish.finished).flatMap(cutAtMonths);
		return {
			...by,
			extent,
			sinceMs,
			weights,
			todo,
			months: walked.map((month) => plannedMonth(month, todo, weights, pace)),
			abandoned: skipped[0] && {
				oldestMs: skipped[0].fromMs,
				rows: Math.round(skipped.reduce((sum, month) => sum + weightOf(weights, month), 0)),
			},
		};
	};
	return session.transaction(options, look, context.signal);
}

const sinceOf = ({ monthsBack }: BackfillWish, nowMs: number): number | undefined =>
	monthsBack === undefined ? undefined : monthStart(nowMs, -monthsBack);

function plannedMonth(
	month: Interval,
	todo: readonly Interval[],
	weights: Weights,
	pace: Pace,
): PlannedMonth {
	const left = todo.filter(({ fromMs, toMs }) => fromMs >= month.fromMs && toMs <= month.toMs);
	const leftRows = Math.round(left.reduce((sum, span) => sum + weightOf(weights, span), 0));
	return {
		...month,
		rows: Math.round(weightOf(weights, month)),
		leftRows,
		predictedMs: predictMs(pace, leftRows),
	};
}

/**
 * The pace that an earlier part of this run has measured, else that of the last run here by the same
 * engine, else what is known of its kind.
 */
export const paceOf = (
	context: Pick<ActionContext, 'folder' | 'target'>,
	place: Workplace,
	{ finished }: BackfillWish,
	engine: EngineName,
): Pace =>
	finished.reduce(
		(pace, { rows, tookMs }) => paceAfter(pace, rows, tookMs),
		paceAtFirst(context, place, engine),
	);

function paceAtFirst(
	{ folder, target }: Pick<ActionContext, 'folder' | 'target'>,
	{ facts, pipeline }: Workplace,
	engine: EngineName,
): Pace {
	const last = readReceipts(folder).findLast(
		(receipt) =>
			receipt.action === 'backfill' &&
			receipt.pipeline === pipeline.name &&
			receipt.where === target.label &&
			receipt.engine === engine &&
			receipt.rowsPerSecond !== undefined,
	);
	if (last?.rowsPerSecond) return { rowsPerMs: last.rowsPerSecond / 1000, isMeasured: false };
	const kind = isOwn(facts, pipeline) ? 'own' : 'field';
	return { rowsPerMs: assumedPace[engine][kind], isMeasured: false };
}

/** Why it must not be done: months would be abandoned, and nobody said that they may be. */
export function whyAbandoning({ wish, abandoned }: BackfillPlan): string | undefined {
	if (abandoned === undefined || wish.isPartialForced) return undefined;
	const asked = wish.monthsBack === undefined ? '--resume' : `--months-back ${wish.monthsBack}`;
	return `Refused: ${asked} would abandon usage from ${monthText(abandoned.oldestMs)} on for good, because the watermark moves past it. Leave --months-back out, or add --force-partial.`;
}
