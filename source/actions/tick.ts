import { formatPlural } from '../lib/format.ts';
import { refused } from './action-error.ts';
import { decodeEffect, touchedBy } from './effect.ts';
import { previewQueue } from './effect-sql.ts';
import { type Extent, readExtent } from './extent.ts';
import { doesTickPrune, isOwn } from './facts.ts';
import { type LockUser, pipelineLock, usersOf } from './locks.ts';
import { type Performed, perform } from './perform.ts';
import { dayMs, type Pipeline } from './pipelines.ts';
import { eventAt } from './shape.ts';
import { isoOf, momentText } from './times.ts';
import { underLock } from './walk.ts';
import type { ActionContext, Workplace } from './workplace.ts';

/** What one tick would take on. */
export type TickPlan = {
	readonly extent: Extent;
	/** Up to where it will bring the watermark. */
	readonly reachMs: number;
	/** Usage rows it will read; undefined: counting them took too long. */
	readonly usageRows: number | undefined;
	readonly dueRows: number | undefined;
	/** Buckets that stay wrong for good, because the tick's own prune would forget why. */
	readonly lostBuckets: number;
	readonly users: readonly LockUser[];
};

/** A tick's own prune forgets what is older. */
const prunedAfterMs = 7 * dayMs;
const countTimeoutMs = 5000;

/** Looks at what a tick would do; reads only. */
export async function planTick({ session, pipeline, facts, shape }: Workplace): Promise<TickPlan> {
	const options = { statementTimeoutMs: 60_000, isReadOnly: true, isRepeatable: true };
	const extent = await session.transaction(options, (query) => readExtent(query, shape));
	const { watermarkMs, settledMs, nowMs } = extent;
	const reachMs = reachOf(pipeline, extent, isOwn(facts, pipeline));
	const at = eventAt(shape, 'task_usage');
	const count = async (sql: string, values: readonly unknown[]) => {
		const counting = { statementTimeoutMs: countTimeoutMs, isReadOnly: true };
		const rows = await session
			.transaction(counting, (query) => query<{ n: string }>(sql, values))
			.catch(() => undefined);
		return rows?.[0] && Number(rows[0].n);
	};
	return {
		extent,
		reachMs,
		usageRows: await count(
			`select count(*) as n from task_usage where ${at} >= $1 and ${at} < $2`,
			[isoOf(watermarkMs), isoOf(reachMs)],
		),
		dueRows: await count(`select count(*) as n from ${pipeline.dirty} where enqueued_at < $1`, [
			isoOf(isOwn(facts, pipeline) ? settledMs : reachMs),
		]),
		lostBuckets: doesTickPrune(facts, pipeline)
			? await session.transaction(options, async (query) => {
					const [from, to] = [reachMs, nowMs - prunedAfterMs].map(isoOf);
					if (reachMs >= nowMs - prunedAfterMs) return 0;
					const rows = await query<{ effect: unknown }>(previewQueue(shape), [from, to, [to]]);
					return touchedBy(decodeEffect(rows).groups);
				})
			: 0,
		users: await usersOf(session.query, pipelineLock(pipeline)),
	};
}

/** A stretch without usage costs our own tick no steps; the product's goes through it day by day. */
function reachOf(
	{ tickStepMs = Number.POSITIVE_INFINITY }: Pipeline,
	{ watermarkMs, settledMs, nextEventMs }: Extent,
	isSkipping: boolean,
): number {
	const fromMs = isSkipping ? Math.max(watermarkMs, nextEventMs ?? settledMs) : watermarkMs;
	return Math.max(watermarkMs, Math.min(settledMs, fromMs + tickStepMs));
}

/** Why the tick must not run as things stand, and what to do first; undefined: it may. */
export function whyNoTick({ pipeline }: Workplace, plan: TickPlan): string | undefined {
	if (plan.lostBuckets === 0) return undefined;
	const to = Math.ceil((plan.extent.nowMs - prunedAfterMs) / 1000) * 1000;
	const consume = consumeCommand(pipeline.name, to);
	return `This tick would bring the watermark to ${momentText(plan.reachMs)} only and then prune the queue: ${formatPlural(plan.lostBuckets, 'bucket')} would stay wrong for good. First consume the queue: tidemark ${consume}`;
}

/** The command that consumes everything enqueued before a moment, without losing any of it. */
export const consumeCommand = (pipeline: string, toMs: number): string =>
	`replay --pipeline ${pipeline} --by update --from ${isoOf(toMs - 1000)} --to ${isoOf(toMs)}`;

/** What a tick did to the watermark. */
export type TickOutcome = Performed & {
	readonly watermarkBeforeMs: number;
	readonly watermarkAfterMs: number;
};

/** One call of the pipeline's tick function. */
export async function runTick(
	context: ActionContext,
	place: Workplace,
	{ statementTimeoutMs }: { readonly statementTimeoutMs: number },
): Promise<TickOutcome> {
	const { session, pipeline, shape } = place;
	const errand = { action: 'tick', what: {}, resume: '' } as const;
	let [beforeMs, afterMs] = [0, 0];
	const performed = await perform(context, place, errand, async ({ context: counted }) =>
		underLock({ ...counted, session, pipeline }, async () => {
			const plan = await planTick(place);
			const reason = whyNoTick(place, plan);
			if (reason !== undefined) throw refused(reason);
			beforeMs = plan.extent.watermarkMs;
			// With the lock already ours the tick can't find it taken, and so can't come back with nothing.
			const touched = await session.transaction(
				{ statementTimeoutMs },
				async (query) => {
					const rows = await query<{ touched: string }>(
						`select ${pipeline.tickFunction}() as touched`,
					);
					return Number(rows[0]?.touched ?? 0);
				},
				context.signal,
			);
			afterMs = (await readExtent(session.query, shape)).watermarkMs;
			return { touched, note: noteOf(touched, beforeMs, afterMs) };
		}),
	);
	return { ...performed, watermarkBeforeMs: beforeMs, watermarkAfterMs: afterMs };
}

const noteOf = (touched: number, beforeMs: number, afterMs: number): string =>
	`${formatPlural(touched, 'row')} touched; the watermark ${
		beforeMs === afterMs
			? `stands at ${momentText(afterMs)}`
			: `went from ${momentText(beforeMs)} to ${momentText(afterMs)}`
	}`;
