import { tickLines } from '../actions/describe.ts';
import { planTick, runTick, type TickPlan, whyNoTick } from '../actions/tick.ts';
import { defaultTimeoutMs, spanFlag } from './action-flags.ts';
import { runAction } from './action-run.ts';
import type { CommandContext } from './command.ts';

/** `tidemark tick`: one call of a pipeline's tick function. */
export async function tick(command: CommandContext): Promise<number> {
	const statementTimeoutMs = spanFlag(command.flags, 'timeout', '--timeout', defaultTimeoutMs);
	return runAction<TickPlan>(command, {
		action: 'tick',
		title: ({ pipeline }) => `Tick ${pipeline.name}`,
		plan: planTick,
		lines: tickLines,
		json: (plan) => plan,
		refuse: whyNoTick,
		rung: () => ({ kind: 'button' }),
		run: (context, place) => runTick(context, place, { statementTimeoutMs }),
	});
}
