import { repairLines } from '../describe.ts';
import { planRepair, type Repaired, type RepairPlan, repairAsked, runRepair } from '../repair.ts';
import { wrongIn } from '../verify.ts';
import { type SpanOf, spanAt } from './span.ts';
import { type ActionSpec, defaultWaitMs } from './spec.ts';

/** Makes the drifted and ghost buckets of a span what raw says. */
export const repairSpec = (span: SpanOf, statementTimeoutMs: number): ActionSpec<RepairPlan> => ({
	action: 'repair',
	waitMs: defaultWaitMs,
	sleepMs: () => 0,
	title: ({ pipeline }) => `Repair ${pipeline.name}`,
	plan: async (place, { signal }) => planRepair(place, await spanAt(place, span, signal), signal),
	lines: (_, plan) => repairLines(plan),
	json: (plan) => plan,
	idle: ({ slices }) =>
		slices.length === 0 ? 'Nothing to do: no bucket drifted, and there are no ghosts.' : undefined,
	asked: repairAsked,
	rung: (name) => ({ kind: 'name', name }),
	run: (context, place, plan) => runRepair(context, place, plan, { statementTimeoutMs }),
	isWell: (performed) => wrongIn((performed as Repaired).verification.effect) === 0,
});
