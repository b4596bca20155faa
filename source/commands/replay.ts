import { replaySpec } from '../actions/specs/replay.ts';
import { parseMoment } from '../actions/times.ts';
import { byFlag, engineFlag, neededFlag, sleepFlag, timeoutFlag } from './action-flags.ts';
import { runAction } from './action-run.ts';
import type { CommandContext } from './command.ts';

/** `tidemark replay`: recomputes a span, after showing what that changes. */
export async function replay(command: CommandContext): Promise<number> {
	const { flags } = command;
	const [from, to] = [neededFlag(flags, 'from', '--from'), neededFlag(flags, 'to', '--to')];
	const request = {
		span: (nowMs: number) => ({
			fromMs: parseMoment(from, '--from', nowMs),
			toMs: parseMoment(to, '--to', nowMs),
		}),
		by: byFlag(flags),
		engine: engineFlag(flags),
		statementTimeoutMs: timeoutFlag(flags),
		sleepMs: sleepFlag(flags),
	};
	return runAction(command, replaySpec(request));
}
