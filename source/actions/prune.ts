import { formatAge, formatPlural } from '../lib/format.ts';
import { refused } from './action-error.ts';
import { decodeEffect, touchedBy } from './effect.ts';
import { previewQueue } from './effect-sql.ts';
import { doesPruneForget } from './facts.ts';
import { type Performed, perform } from './perform.ts';
import type { Query } from './session.ts';
import { consumeCommand } from './tick.ts';
import { isoOf, momentText } from './times.ts';
import { retried, underLock } from './walk.ts';
import type { ActionContext, Workplace } from './workplace.ts';

/** What pruning a queue would do. */
export type PrunePlan = {
	readonly retentionMs: number;
	/** The database's clock. */
	readonly nowMs: number;
	/** Invalidations enqueued before the retention began. */
	readonly rows: number;
	/** Those of them that are unconsumed and whose bucket is wrong: pruning makes that last. */
	readonly lostBuckets: number;
	/** The function does what the invalidations ask for instead of forgetting them, as ours does. */
	readonly isConsuming: boolean;
};

const timeoutMs = 120_000;

/** Counts what would be pruned, and what would be lost by it; reads only. */
export async function planPrune(
	place: Workplace,
	retentionMs: number,
	signal?: AbortSignal,
): Promise<PrunePlan> {
	const options = { statementTimeoutMs: timeoutMs, isReadOnly: true, isRepeatable: true };
	const count = (query: Query) => countLost(query, place, retentionMs);
	return place.session.transaction(options, count, signal);
}

async function countLost(
	query: Query,
	{ pipeline, shape, facts }: Workplace,
	retentionMs: number,
): Promise<PrunePlan> {
	const isConsuming = !doesPruneForget(facts, pipeline);
	const [row] = await query<{ now: number; rows: string }>(
		`select floor(extract(epoch from now()) * 1000)::float8 as now,
			(select count(*) from ${pipeline.dirty} where enqueued_at < now() - $1::interval) as rows`,
		[intervalOf(retentionMs)],
	);
	const { now: nowMs = 0, rows = '0' } = row ?? {};
	const plan = { retentionMs, nowMs, rows: Number(rows), isConsuming };
	if (isConsuming || plan.rows === 0) return { ...plan, lostBuckets: 0 };
	const to = isoOf(nowMs - retentionMs + 1);
	const found = await query<{ effect: unknown }>(previewQueue(shape), ['-infinity', to, [to]]);
	return { ...plan, lostBuckets: touchedBy(decodeEffect(found).groups) };
}

const intervalOf = (ms: number): string => `${ms} milliseconds`;

/** Why the queue must not be pruned as things stand, and what to do first; undefined: it may. */
export function whyNoPrune({ pipeline }: Workplace, plan: PrunePlan): string | undefined {
	if (plan.lostBuckets === 0) return undefined;
	const to = Math.ceil((plan.nowMs - plan.retentionMs) / 1000) * 1000;
	return `Refused: of ${formatPlural(plan.rows, 'invalidation')} from before ${momentText(to)} UTC nobody has consumed those of ${formatPlural(plan.lostBuckets, 'wrong bucket')}, and pruned they would stay wrong for good. First consume them: tidemark ${consumeCommand(pipeline.name, to)}`;
}

/** Prunes, after counting once more under the lock. @throws ActionError `refused` where something would be lost */
export async function runPrune(
	context: ActionContext,
	place: Workplace,
	plan: PrunePlan,
	{ statementTimeoutMs }: { readonly statementTimeoutMs: number },
): Promise<Performed> {
	const { session, pipeline, facts } = place;
	const { retentionMs } = plan;
	// What is counted must be what is pruned: with a newer snapshot more may be gone than was looked at.
	const options = { statementTimeoutMs, isRepeatable: doesPruneForget(facts, pipeline) };
	const errand = { action: 'prune', what: { retentionMs }, resume: '' } as const;
	return perform(context, place, errand, async ({ context: counted }) =>
		underLock({ ...counted, session, pipeline }, () =>
			retried(context.signal, () =>
				session.transaction(
					options,
					async (query) => {
						const now = await countLost(query, place, retentionMs);
						const reason = whyNoPrune(place, now);
						if (reason !== undefined) throw refused(reason);
						const rows = await query<{ gone: string }>(
							`select ${pipeline.pruneFunction}($1::interval) as gone`,
							[intervalOf(retentionMs)],
						);
						const gone = Number(rows[0]?.gone ?? 0);
						const done = now.isConsuming ? 'consumed' : 'pruned, none of a wrong bucket';
						return {
							touched: gone,
							note: `${formatPlural(gone, 'invalidation')} older than ${formatAge(retentionMs / 1000)} ${done}`,
						};
					},
					context.signal,
				),
			),
		),
	);
}
