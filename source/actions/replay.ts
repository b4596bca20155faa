import { formatCount, formatPlural } from '../lib/format.ts';
import { ActionError, refused } from './action-error.ts';
import { decodeEffect, type Effect, kinds, movedSince, totalOf, touchedBy } from './effect.ts';
import {
	applyRange,
	applyWindow,
	enqueueRange,
	previewRange,
	previewWindow,
} from './effect-sql.ts';
import { type Engine, functionEngine } from './engine.ts';
import { isOwn } from './facts.ts';
import { paceAfter, predictMs } from './pace.ts';
import { type Performed, perform, type Summary } from './perform.ts';
import { hourMs } from './pipelines.ts';
import {
	bucketStepMs,
	piecesOf,
	type ReplayPlan,
	type ReplaySlice,
	replayPace,
	sliceHash,
} from './replay-plan.ts';
import type { Query, TransactionOptions } from './session.ts';
import { beforeAllTime } from './shape.ts';
import { isoOf } from './times.ts';
import { earnEngine } from './trust.ts';
import { wrongIn } from './verify.ts';
import { walkSlices } from './walk.ts';
import type { ActionContext, Workplace } from './workplace.ts';

/** How a replay is carried out. */
export type ReplayOptions = {
	/** Of each statement; the server cancels a longer one. */
	readonly statementTimeoutMs: number;
	readonly sleepMs: number;
};

/**
 * Carries a plan out, slice by slice. In each slice's transaction and under the lock the plan is
 * computed again first: anything else than what was shown ends it. What was written is then held
 * against raw before it is committed.
 */
export async function runReplay(
	context: ActionContext,
	place: Workplace,
	plan: ReplayPlan,
	options: ReplayOptions,
): Promise<Performed> {
	const { session, pipeline, shape } = place;
	const what = askedOf(plan);
	const { by, engine: wanted } = what;
	const resume = `replay --pipeline ${pipeline.name} --by ${by} --from ${what.from} --to ${what.to} --engine ${wanted}`;
	return perform(context, place, { action: 'replay', what, resume }, async (running) => {
		let engine: Engine = functionEngine(shape);
		let pace = replayPace(place, wanted);
		const todo = plan.slices.filter((slice, index) => isWorthIt(plan, slice, index));
		let done = 0;
		await walkSlices({
			...running.context,
			...options,
			session,
			pipeline,
			transaction: transactionFor(place, options.statementTimeoutMs),
			async prepare() {
				const rows = touchedBy(plan.effect.groups);
				running.context.onEvent({ kind: 'planned', rows });
				engine = await earnEngine(place, wanted, todo, running.context);
				if (engine.name === wanted) return;
				pace = replayPace(place, engine.name);
				const stepMs = by === 'bucket' ? bucketStepMs(pipeline) : hourMs;
				if (todo.some((slice) => piecesOf(slice, pace, stepMs).length > 1)) throw cutForDirect();
			},
			next() {
				const slice = todo[done];
				if (slice === undefined) return undefined;
				const predictedMs = predictMs(pace, slice.rows);
				return { ...slice, rows: touchedBy(slice.effect.groups), predictedMs };
			},
			run: async (_, query) => ({
				touched: await applySlice({ query, place, plan, engine, isFirst: done === 0 }, todo[done]),
			}),
			done({ fromMs, toMs }, { touched }, tookMs) {
				pace = paceAfter(pace, todo[done]?.rows ?? 0, tookMs);
				done += 1;
				running.note({ fromMs, toMs, rows: touched, tookMs });
			},
		});
		return { ...summaryOf(place, plan, todo.length), engine: engine.name };
	});
}

/** The slices of a plan are what was confirmed, and so can't be made smaller now. */
const cutForDirect = () =>
	refused(
		"Nothing was done: the plan was cut for tidemark's own statement, and by the database's function its slices would hold the lock too long. Look at it again with --engine function.",
	);

/** What was asked for, for the receipt. */
export const askedOf = ({ wish: { span, by, engine } }: ReplayPlan) => ({
	from: isoOf(span.fromMs),
	to: isoOf(span.toMs),
	by,
	engine,
});

/** A slice that changes nothing needs no lock; the last of a window still drains the queue. */
const isWorthIt = ({ wish, slices }: ReplayPlan, slice: ReplaySlice, index: number): boolean =>
	slice.effect.groups.length > 0 || (wish.by === 'update' && index === slices.length - 1);

/** One snapshot for plan, deed and proof; our own functions insist on seeing the newest instead. */
export const transactionFor = (
	{ facts, pipeline }: Workplace,
	statementTimeoutMs: number,
): TransactionOptions => ({ statementTimeoutMs, isRepeatable: !isOwn(facts, pipeline) });

type Application = {
	readonly query: Query;
	readonly place: Workplace;
	readonly plan: ReplayPlan;
	readonly engine: Engine;
	/** Nothing has been done yet. */
	readonly isFirst: boolean;
};

async function applySlice(
	application: Application,
	slice: ReplaySlice | undefined,
): Promise<number> {
	if (slice === undefined) return 0;
	const { by } = application.plan.wish;
	const { found, left } = await (by === 'bucket' ? applyBuckets : applyUpdates)(application, slice);
	if (left > 0) {
		const { windowFunction } = application.place.pipeline;
		throw new ActionError(
			'failed',
			`Rolled back: after ${windowFunction} ${formatPlural(left, 'bucket')} still differed from raw; tidemark verify shows which.`,
		);
	}
	return touchedBy(found.groups);
}

/** The buckets that differ, and only they: through the queue, or by tidemark's own statement. */
async function applyBuckets(application: Application, slice: ReplaySlice) {
	const { query, place, engine } = application;
	const { shape, facts, pipeline } = place;
	const values = [isoOf(slice.fromMs), isoOf(slice.toMs), kinds];
	const effectOf = async (sql: string) =>
		decodeEffect(await query<{ effect: unknown }>(sql, values));
	const found = await effectOf(engine.name === 'direct' ? applyRange(shape) : enqueueRange(shape));
	holdToPlan(application, slice, found);
	if (engine.name === 'function') await engine.window(query, beforeAllTime.from, beforeAllTime.to);
	const after = await effectOf(previewRange(shape));
	// With a newer snapshot there may be buckets that changed since.
	return { found, left: isOwn(facts, pipeline) ? wrongIn(after) : touchedBy(after.groups) };
}

async function applyUpdates(application: Application, slice: ReplaySlice) {
	const { query, place, engine } = application;
	const { shape, facts, pipeline } = place;
	const [from, to] = [isoOf(slice.fromMs), isoOf(slice.toMs)] as const;
	const effectOf = async (sql: string) =>
		decodeEffect(await query<{ effect: unknown }>(sql, [from, to, [to]]));
	const isDirect = engine.name === 'direct';
	const found = await effectOf(isDirect ? applyWindow(shape) : previewWindow(shape));
	holdToPlan(application, slice, found);
	if (!isDirect) await engine.window(query, from, to);
	const left = isOwn(facts, pipeline)
		? 0
		: touchedBy((await effectOf(previewWindow(shape))).groups);
	return { found, left };
}

/** How much of what moved is told. */
const maxTold = 4;

function holdToPlan({ isFirst }: Application, slice: ReplaySlice, found: Effect): void {
	if (sliceHash(found.groups) === slice.hash) return;
	const moved = movedSince(slice.effect.groups, found.groups);
	const rest = moved.length > maxTold ? `; and ${moved.length - maxTold} more` : '';
	const what = `${moved.slice(0, maxTold).join('; ')}${rest}`;
	throw new ActionError(
		isFirst ? 'refused' : 'stopped',
		`The plan no longer holds, ${isFirst ? 'nothing was done' : 'this slice was not done'}: ${what}. Look at it again; a span that ends before what still moves holds longer.`,
	);
}

function summaryOf({ facts, pipeline }: Workplace, plan: ReplayPlan, slices: number): Summary {
	const total = totalOf(plan.effect.groups);
	const { inserted, changed, deleted } = total;
	const buckets = `${formatCount(inserted)} inserted, ${formatCount(changed)} changed, ${formatCount(deleted)} deleted`;
	// With a newer snapshot than the window's nobody can tell what it has left from what has changed since.
	const isUnproven = plan.wish.by === 'update' && isOwn(facts, pipeline);
	const proof = isUnproven
		? `as ${pipeline.windowFunction} made them, not compared again; tidemark verify does`
		: 'every one compared with raw before it was committed';
	return {
		touched: inserted + changed + deleted,
		tokens: { before: total.tokensBefore, after: total.tokensAfter },
		plan: plan.hash,
		slices,
		note: `buckets: ${buckets}; ${proof}`,
	};
}
