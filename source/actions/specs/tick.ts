import { tickLines } from '../describe.ts';
import { planTick, runTick, type TickPlan, whyNoTick } from '../tick.ts';
import { type ActionSpec, defaultWaitMs } from './spec.ts';

/** One call of a pipeline's tick function. */
export const tickSpec = (statementTimeoutMs: number): ActionSpec<TickPlan> => ({
	action: 'tick',
	waitMs: defaultWaitMs,
	sleepMs: () => 0,
	title: ({ pipeline }) => `Tick ${pipeline.name}`,
	plan: (place, { signal }) => planTick(place, signal),
	lines: tickLines,
	json: (plan) => plan,
	refuse: whyNoTick,
	rung: () => ({ kind: 'button' }),
	run: (context, place) => runTick(context, place, { statementTimeoutMs }),
});
