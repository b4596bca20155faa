import { formatPlural } from '../lib/format.ts';
import { refused } from './action-error.ts';
import { decodeEffect, touchedBy } from './effect.ts';
import { previewQueue } from './effect-sql.ts';
import { type Extent, readExtent } from './extent.ts';
import { doesTickPrune, isOwn } from './facts.ts';
import { type LockUser, pipelineLock, usersOf } from './locks.ts';
import { type Performed, perform } from './perform.ts';
import { dayMs, type Pipeline } from './pipelines.ts';
import type { Query } from './session.ts';
import { eventAt } from './shape.ts';
import { isoOf, momentText } from './times.ts';
import { underLock } from './walk.ts';
import type { ActionContext, Workplace } from './workplace.ts';

/** How far one tick comes, and at what price. */
export type TickOutlook = {
	readonly extent: Extent;
	/** Up to where it will bring the watermark. */
	readonly reachMs: number;
	/** Buckets that stay wrong for good, because the tick's own prune would forget why. */
	readonly lostBuckets: number;
};

/** What one tick would take on. */
export type TickPlan = TickOutlook & {
	/** Usage rows it will read; undefined: counting them took too long. */
	readonly usageRows: number | undefined;
	readonly dueRows: number | undefined;
	readonly users: readonly LockUser[];
};

/** A tick's own prune forgets what is older. */
const prunedAfterMs = 7 * dayMs;
const countTimeoutMs = 5000;

/** Foresees a tick in this transaction: it prunes by the same clock. */
export async function foreseeTick(
	query: Query,
	{ pipeline, facts, shape }: Workplace,
): Promise<TickOutlook> {
	const extent = await readExtent(query, shape);
	const reachMs = reachOf(pipeline, extent, isOwn(facts, pipeline));
	const prunedMs = extent.nowMs - prunedAfterMs + 1;
	if (!doesTickPrune(facts, pipeline) || reachMs >= prunedMs) {
		return { extent, reachMs, lostBuckets: 0 };
	}
	const [from, to] = [isoOf(reachMs), isoOf(prunedMs)];
	const rows = await query<{ effect: unknown }>(previewQueue(shape), [from, to, [to]]);
	return { extent, reachMs, lostBuckets: touchedBy(decodeEffect(rows).groups) };
}

/** Looks at what a tick would do; reads only. */
export async function planTick(place: Workplace, signal?: AbortSignal): Promise<TickPlan> {
	const { session, pipeline, facts, shape } = place;
	const options = { statementTimeoutMs: 60_000, isReadOnly: true, isRepeatable: true };
	const outlook = await session.transaction(options, (query) => foreseeTick(query, place), signal);
	const { reachMs } = outlook;
	const { watermarkMs, settledMs } = outlook.extent;
	const at = eventAt(shape, 'task_usage');
	const count = async (sql: string, values: readonly unknown[]) => {
		const counting = { statementTimeoutMs: countTimeoutMs, isReadOnly: true };
		const rows = await session
			.transaction(counting, (query) => query<{ n: string }>(sql, values), signal)
			.catch(() => undefined);
		signal?.throwIfAborted();
		return rows?.[0] && Number(rows[0].n);
	};
	return {
		...outlook,
		usageRows: await count(
			`select count(*) as n from task_usage where ${at} >= $1 and ${at} < $2`,
			[isoOf(watermarkMs), isoOf(reachMs)],
		),
		dueRows: await count(`select count(*) as n from ${pipeline.dirty} where enqueued_at < $1`, [
			isoOf(isOwn(facts, pipeline) ? settledMs : reachMs),
		]),
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
export function whyNoTick({ pipeline }: Workplace, plan: TickOutlook): string | undefined {
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
		underLock({ ...counted, session, pipeline }, () =>
			session.transaction(
				{ statementTimeoutMs },
				async (query) => {
					const outlook = await foreseeTick(query, place);
					const reason = whyNoTick(place, outlook);
					if (reason !== undefined) throw refused(reason);
					beforeMs = outlook.extent.watermarkMs;
					// With the lock already ours the tick can't find it taken, and so can't come back with nothing.
					const rows = await query<{ touched: string }>(
						`select ${pipeline.tickFunction}() as touched`,
					);
					const touched = Number(rows[0]?.touched ?? 0);
					afterMs = (await readExtent(query, shape)).watermarkMs;
					return { touched, note: noteOf(touched, beforeMs, afterMs) };
				},
				context.signal,
			),
		),
	);
	return { ...performed, watermarkBeforeMs: beforeMs, watermarkAfterMs: afterMs };
}

const noteOf = (touched: number, beforeMs: number, afterMs: number): string =>
	`${formatPlural(touched, 'row')} touched; the watermark ${
		beforeMs === afterMs
			? `stands at ${momentText(afterMs)}`
			: `went from ${momentText(beforeMs)} to ${momentText(afterMs)}`
	}`;
