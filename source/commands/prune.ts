import { pruneLines } from '../actions/describe.ts';
import { dayMs } from '../actions/pipelines.ts';
import { type PrunePlan, planPrune, runPrune, whyNoPrune } from '../actions/prune.ts';
import { defaultTimeoutMs, spanFlag } from './action-flags.ts';
import { runAction } from './action-run.ts';
import type { CommandContext } from './command.ts';

/** The default of the product's own function. */
const defaultRetentionMs = 7 * dayMs;

/** `tidemark prune`: clears old invalidations out of a queue, if that loses none. */
export async function prune(command: CommandContext): Promise<number> {
	const { flags } = command;
	const retentionMs = spanFlag(flags, 'retention', '--retention', defaultRetentionMs);
	const statementTimeoutMs = spanFlag(flags, 'timeout', '--timeout', defaultTimeoutMs);
	return runAction<PrunePlan>(command, {
		action: 'prune',
		title: ({ pipeline }) => `Prune the queue of ${pipeline.name}`,
		plan: (place) => planPrune(place, retentionMs),
		lines: (_, plan) => pruneLines(plan),
		json: (plan) => plan,
		refuse: whyNoPrune,
		idle: ({ rows }) =>
			rows === 0 ? 'Nothing to do: nothing in the queue is that old.' : undefined,
		rung: (name, { lostBuckets }) => ({ kind: 'name-and-rows', name, rows: lostBuckets }),
		run: (context, place, plan) => runPrune(context, place, plan, { statementTimeoutMs }),
	});
}
