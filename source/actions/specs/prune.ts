import { pruneLines } from '../describe.ts';
import { dayMs } from '../pipelines.ts';
import { type PrunePlan, planPrune, runPrune, whyNoPrune } from '../prune.ts';
import { type ActionSpec, defaultWaitMs } from './spec.ts';

/** The default of the product's own function. */
export const defaultRetentionMs = 7 * dayMs;

/** Clears old invalidations out of a queue, if that loses none. */
export const pruneSpec = (
	retentionMs: number,
	statementTimeoutMs: number,
): ActionSpec<PrunePlan> => ({
	action: 'prune',
	waitMs: defaultWaitMs,
	sleepMs: () => 0,
	title: ({ pipeline }) => `Prune the queue of ${pipeline.name}`,
	plan: (place, { signal }) => planPrune(place, retentionMs, signal),
	lines: (_, plan) => pruneLines(plan),
	json: (plan) => plan,
	refuse: whyNoPrune,
	idle: ({ rows }) => (rows === 0 ? 'Nothing to do: nothing in the queue is that old.' : undefined),
	rung: (name, { rows }) => ({ kind: 'name-and-rows', name, rows, fate: 'pruned' }),
	run: (context, place, plan) => runPrune(context, place, plan, { statementTimeoutMs }),
});
