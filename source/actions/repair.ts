import { formatPlural } from '../lib/format.ts';
import { ActionError } from './action-error.ts';
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
import { type Performed, perform } from './perform.ts';
import type { Pipeline } from './pipelines.ts';
import { transactionFor } from './replay.ts';
import { type ReplaySlice, sliceHash } from './replay-plan.ts';
import type { Query } from './session.ts';
import { beforeAllTime } from './shape.ts';
import { planTick, whyNoTick } from './tick.ts';
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
	const slices: ReplaySlice[] = [];
	let effect = noEffect;
	const clipped = await session.transaction(reading, (query) => clipToData(query, shape, span));
	for (const piece of clipped ? cut(clipped, verifySliceMs(shape)) : []) {
		const found = await session.transaction(
			reading,
			(query) => effectOf(query, previewRange(shape, 5), piece),
			signal,
		);
		effect = addEffects(effect, found);
		if (found.groups.length === 0) continue;
		slices.push({ ...piece, effect: found, hash: sliceHash(found.groups) });
	}
	const tick = await planTick(place);
	return {
		span,
		slices,
		effect,
		hash: planHash([pipeline.name, 'repair', span.fromMs, span.toMs].join(' '), effect.groups),
		whyNoTick: whyNoTick(place, tick) && 'its own prune would lose invalidations',
		...(tick.extent.watermarkMs > tick.extent.settledMs && {
			whyNoTick: 'the watermark is ahead of what is settled, so that it would do nothing',
		}),
	};
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
 * Enqueues exactly the drifted and ghost keys, ticks, and verifies: each slice in one transaction, so
 * that a tick which does not take them leaves no key in the queue.
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
			running.context.onEvent({ kind: 'planned', rows: touchedBy(plan.effect.groups) });
			await walkSlices({
				...running.context,
				session,
				pipeline,
				sleepMs: 0,
				transaction: transactionFor(place, statementTimeoutMs),
				next() {
					const slice = plan.slices[done];
					return slice && { ...slice, rows: touchedBy(slice.effect.groups), predictedMs: 0 };
				},
				run: async (_, query) => ({
					touched: await repairSlice(query, place, plan, plan.slices[done] as ReplaySlice, done),
				}),
				done({ fromMs, toMs }, { touched }, tookMs) {
					done += 1;
					running.note({ fromMs, toMs, rows: touched, tookMs });
				},
			});
			verification = await verifySpan(session, shape, plan.span, { signal: context.signal });
			return summaryOf(plan, verification);
		},
	);
	return { ...performed, verification: verification as Verification };
}

async function repairSlice(
	query: Query,
	{ pipeline, shape }: Workplace,
	plan: RepairPlan,
	slice: ReplaySlice,
	done: number,
): Promise<number> {
	const found = await effectOf(query, enqueueRange(shape), slice);
	if (sliceHash(found.groups) !== slice.hash) {
		const moved = movedSince(slice.effect.groups, found.groups).slice(0, 4).join('; ');
		throw new ActionError(
			done === 0 ? 'refused' : 'stopped',
			`The plan no longer holds, ${done === 0 ? 'nothing was done' : 'this slice was not done'}: ${moved}. Look at it again.`,
		);
	}
	if (plan.whyNoTick === undefined) await query(`select ${pipeline.tickFunction}()`);
	else await functionEngine(shape).window(query, beforeAllTime.from, beforeAllTime.to);
	// A key that was not taken would count as waiting: the bucket is as wrong as before.
	const left =
		wrongIn(await effectOf(query, previewRange(shape), slice)) +
		(await countUntaken(query, pipeline));
	if (left > 0) {
		throw new ActionError(
			'failed',
			`Rolled back: ${plan.whyNoTick === undefined ? pipeline.tickFunction : pipeline.windowFunction} left ${formatPlural(left, 'bucket')} different from raw; tidemark verify shows which.`,
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
