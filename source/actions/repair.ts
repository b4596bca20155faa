import { formatPlural } from '../lib/format.ts';
import { sanitise } from '../lib/text.ts';
import { ActionError } from './action-error.ts';
import { whyNot } from './availability.ts';
import {
	addEffects,
	decodeEffect,
	type Effect,
	movedSince,
	noEffect,
	planHash,
	totalOf,
	touchedBy,
} from './effect.ts';
import { enqueueRange, previewRange } from './effect-sql.ts';
import { functionEngine } from './engine.ts';
import { clipToData } from './extent.ts';
import { paceAfter, predictMs } from './pace.ts';
import { type Performed, perform } from './perform.ts';
import type { Pipeline } from './pipelines.ts';
import { transactionFor } from './replay.ts';
import { bucketStepMs, piecesOf, type ReplaySlice, replayPace, sliceHash } from './replay-plan.ts';
import type { Query } from './session.ts';
import { beforeAllTime } from './shape.ts';
import { foreseeTick } from './tick.ts';
import { cut, type Interval, isoOf, wholeBuckets } from './times.ts';
import { type Verification, verifySliceMs, verifySpan, wrongIn } from './verify.ts';
import { walkSlices } from './walk.ts';
import type { ActionContext, Workplace } from './workplace.ts';

/** The buckets that are wrong, and what they would become. */
export type RepairPlan = {
	readonly span: Interval;
	/** Those with something to repair only. */
	readonly slices: readonly ReplaySlice[];
	readonly effect: Effect;
	readonly hash: string;
	/** Why the pipeline's tick can't be used, so that its window function is; undefined: it can. */
	readonly whyNoTick: string | undefined;
};

/** What is repaired; what waits for a tick needs none. */
const repaired = ['drift', 'ghost'];
const previewTimeoutMs = 120_000;

/** Finds what a repair would do, read-only. */
export async function planRepair(
	place: Workplace,
	wished: Interval,
	signal?: AbortSignal,
): Promise<RepairPlan> {
	const { session, pipeline, shape } = place;
	const span = wholeBuckets(wished, pipeline);
	const reading = { statementTimeoutMs: previewTimeoutMs, isReadOnly: true };
	const ask = <T>(work: (query: Query) => Promise<T>) => session.transaction(reading, work, signal);
	const look = async (piece: Interval): Promise<ReplaySlice> => {
		const found = await ask((query) => effectOf(query, previewRange(shape, 5), piece));
		const [hash, rows] = [sliceHash(found.groups), touchedBy(found.groups)];
		return { ...piece, effect: found, hash, rows };
	};
	const slices: ReplaySlice[] = [];
	let effect = noEffect;
	const clipped = await ask((query) => clipToData(query, shape, span));
	for (const wide of clipped ? cut(clipped, verifySliceMs(shape)) : []) {
		const whole = await look(wide);
		const pieces = piecesOf(whole, replayPace(place, 'function'), bucketStepMs(pipeline));
		for (const piece of pieces) {
			const slice = pieces.length === 1 ? whole : await look(piece);
			effect = addEffects(effect, slice.effect);
			if (slice.rows > 0) slices.push(slice);
		}
	}
	return {
		span,
		slices,
		effect,
		hash: planHash([pipeline.name, 'repair', span.fromMs, span.toMs].join(' '), effect.groups),
		whyNoTick: await ask((query) => whyNotByTick(query, place)),
	};
}

/** Why a tick in this transaction would not do; undefined: it does. */
async function whyNotByTick(query: Query, place: Workplace): Promise<string | undefined> {
	const { lostBuckets, extent } = await foreseeTick(query, place);
	if (extent.watermarkMs > extent.settledMs) {
		return 'the watermark is ahead of what is settled, so that it would do nothing';
	}
	return lostBuckets > 0 ? 'its own prune would lose invalidations' : undefined;
}

const effectOf = async (query: Query, sql: string, { fromMs, toMs }: Interval) =>
	decodeEffect(await query<{ effect: unknown }>(sql, [isoOf(fromMs), isoOf(toMs), repaired]));

/** What was asked for, for the receipt. */
export const repairAsked = ({ span }: RepairPlan) => ({
	from: isoOf(span.fromMs),
	to: isoOf(span.toMs),
});

/** What a repair did, and what is left. */
export type Repaired = Performed & { readonly verification: Verification };

/**
 * Enqueues exactly the drifted and ghost keys, has them recomputed, and verifies: each slice in one
 * transaction, so that a function which does not take them leaves no key in the queue. The last slice
 * ticks, so that the keys are not all that is brought up to date; those before it need no more than a
 * window over them, which takes as long as they do.
 */
export async function runRepair(
	context: ActionContext,
	place: Workplace,
	plan: RepairPlan,
	{ statementTimeoutMs }: { readonly statementTimeoutMs: number },
): Promise<Repaired> {
	const { session, pipeline, shape } = place;
	const what = repairAsked(plan);
	const resume = `repair --pipeline ${pipeline.name} --from ${what.from} --to ${what.to}`;
	let verification: Verification | undefined;
	const performed = await perform(
		context,
		place,
		{ action: 'repair', what, resume },
		async (running) => {
			let done = 0;
			let pace = replayPace(place, 'function');
			const isTicking = () => done === plan.slices.length - 1 || !canWindow(place);
			running.context.onEvent({ kind: 'planned', rows: touchedBy(plan.effect.groups) });
			await walkSlices({
				...running.context,
				session,
				pipeline,
				sleepMs: 0,
				transaction: transactionFor(place, statementTimeoutMs),
				next() {
					const slice = plan.slices[done];
					return slice && { ...slice, predictedMs: predictMs(pace, slice.rows) };
				},
				run: async (_, query) => ({
					touched: await repairSlice(query, place, plan.slices[done] as ReplaySlice, {
						isFirst: done === 0,
						isTicking: isTicking(),
					}),
				}),
				done({ fromMs, toMs, rows }, { touched }, tookMs) {
					if (!isTicking()) pace = paceAfter(pace, rows, tookMs);
					done += 1;
					running.note({ fromMs, toMs, rows: touched, tookMs });
				},
			});
			verification = await verifySpan(session, shape, plan.span, {
				signal: context.signal,
			}).catch((error: unknown) => {
				throw notVerified(error, context.signal);
			});
			return summaryOf(plan, verification);
		},
	);
	return { ...performed, verification: verification as Verification };
}

/** What was repaired stays, whatever becomes of the last look at it. */
function notVerified(error: unknown, signal: AbortSignal): unknown {
	if (error instanceof ActionError || signal.aborted) return error;
	const said = sanitise(error).replace(/\.$/, '');
	const sentence = `Repaired, but not verified again: ${said}; tidemark verify does.`;
	return new ActionError('failed', sentence, { cause: error });
}

/** A role may be allowed to tick and nothing else. */
const canWindow = ({ facts, pipeline }: Workplace): boolean =>
	whyNot('replay', facts, pipeline, { isReadOnly: false }) === undefined;

async function repairSlice(
	query: Query,
	place: Workplace,
	slice: ReplaySlice,
	{ isFirst, isTicking }: { readonly isFirst: boolean; readonly isTicking: boolean },
): Promise<number> {
	const { pipeline, shape } = place;
	const found = await effectOf(query, enqueueRange(shape), slice);
	if (sliceHash(found.groups) !== slice.hash) {
		const moved = movedSince(slice.effect.groups, found.groups).slice(0, 4).join('; ');
		throw new ActionError(
			isFirst ? 'refused' : 'stopped',
			`The plan no longer holds, ${isFirst ? 'nothing was done' : 'this slice was not done'}: ${moved}. Look at it again.`,
		);
	}
	const byTick = isTicking && (await whyNotByTick(query, place)) === undefined;
	if (byTick) await query(`select ${pipeline.tickFunction}()`);
	else await functionEngine(shape).window(query, beforeAllTime.from, beforeAllTime.to);
	// A key that was not taken would count as waiting: the bucket is as wrong as before.
	const left =
		wrongIn(await effectOf(query, previewRange(shape), slice)) +
		(await countUntaken(query, pipeline));
	if (left > 0) {
		throw new ActionError(
			'failed',
			`Rolled back: ${byTick ? pipeline.tickFunction : pipeline.windowFunction} left ${formatPlural(left, 'bucket')} different from raw; tidemark verify shows which.`,
		);
	}
	return touchedBy(found.groups);
}

/** Keys of ours that are still in the queue. */
async function countUntaken(query: Query, { dirty }: Pipeline): Promise<number> {
	const rows = await query<{ n: string }>(
		`select count(*) as n from ${dirty} where enqueued_at < '${beforeAllTime.to}'`,
	);
	return Number(rows[0]?.n);
}

function summaryOf(plan: RepairPlan, { effect }: Verification) {
	const total = totalOf(plan.effect.groups);
	const { pending, drift, ghost } = effect.kinds;
	return {
		touched: touchedBy(plan.effect.groups),
		tokens: { before: total.tokensBefore, after: total.tokensAfter },
		plan: plan.hash,
		note: `verified again, ${formatPlural(effect.buckets, 'bucket')}: ${drift} drifted, ${formatPlural(ghost, 'ghost')}, ${pending} pending`,
	};
}
