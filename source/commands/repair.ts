import { repairLines } from '../actions/describe.ts';
import { planRepair, type Repaired, type RepairPlan, runRepair } from '../actions/repair.ts';
import { wrongIn } from '../actions/verify.ts';
import { defaultTimeoutMs, spanFlag } from './action-flags.ts';
import { runAction, statuses } from './action-run.ts';
import { spanOf } from './action-span.ts';
import type { CommandContext } from './command.ts';

/** `tidemark repair`: makes the drifted and ghost buckets of a span what raw says. */
export async function repair(command: CommandContext): Promise<number> {
	const statementTimeoutMs = spanFlag(command.flags, 'timeout', '--timeout', defaultTimeoutMs);
	return runAction<RepairPlan>(command, {
		action: 'repair',
		title: ({ pipeline }) => `Repair ${pipeline.name}`,
		plan: async (place, { signal }) => planRepair(place, await spanOf(command, place), signal),
		lines: (_, plan) => repairLines(plan),
		json: (plan) => plan,
		idle: ({ slices }) =>
			slices.length === 0
				? 'Nothing to do: no bucket drifted, and there are no ghosts.'
				: undefined,
		rung: (name) => ({ kind: 'name', name }),
		run: (context, place, plan) => runRepair(context, place, plan, { statementTimeoutMs }),
		status: (performed) =>
			wrongIn((performed as Repaired).verification.effect) === 0 ? statuses.done : statuses.differs,
	});
}
