import { tickSpec } from '../actions/specs/tick.ts';
import { timeoutFlag } from './action-flags.ts';
import { runAction } from './action-run.ts';
import type { CommandContext } from './command.ts';

/** `tidemark tick`: one call of a pipeline's tick function. */
export const tick = async (command: CommandContext): Promise<number> =>
	runAction(command, tickSpec(timeoutFlag(command.flags)));
