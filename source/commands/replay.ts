import { replayLines } from '../actions/describe.ts';
import { readExtent } from '../actions/extent.ts';
import { runReplay } from '../actions/replay.ts';
import { planReplay, type ReplayPlan } from '../actions/replay-plan.ts';
import { parseMoment } from '../actions/times.ts';
import { byFlag, defaultTimeoutMs, engineFlag, neededFlag, spanFlag } from './action-flags.ts';
import { runAction } from './action-run.ts';
import type { CommandContext } from './command.ts';

/** `tidemark replay`: recomputes a span, after showing what that changes. */
export async function replay(command: CommandContext): Promise<number> {
	const { flags } = command;
	const statementTimeoutMs = spanFlag(flags, 'timeout', '--timeout', defaultTimeoutMs);
	const sleepMs = spanFlag(flags, 'sleepBetweenSlices', '--sleep-between-slices', 0);
	const [from, to] = [neededFlag(flags, 'from', '--from'), neededFlag(flags, 'to', '--to')];
	const [by, engine] = [byFlag(flags), engineFlag(flags)];
	return runAction<ReplayPlan>(command, {
		action: 'replay',
		sleepMs,
		title: ({ pipeline }) => `Replay ${pipeline.name}`,
		async plan(place, { signal }) {
			const { nowMs } = await readExtent(place.session.query, place.shape);
			const span = {
				fromMs: parseMoment(from, '--from', nowMs),
				toMs: parseMoment(to, '--to', nowMs),
			};
			return planReplay(place, { span, by, engine }, signal);
		},
		lines: (_, plan) => replayLines(plan),
		json: (plan) => plan,
		idle: ({ effect, wish }) =>
			effect.groups.length === 0 && wish.by === 'bucket'
				? 'Nothing to do: every bucket is what raw says.'
				: undefined,
		rung: (name) => ({ kind: 'name', name }),
		run: (context, place, plan) => runReplay(context, place, plan, { statementTimeoutMs, sleepMs }),
	});
}
