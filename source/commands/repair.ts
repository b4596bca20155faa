import { repairSpec } from '../actions/specs/repair.ts';
import { spanFlags, timeoutFlag } from './action-flags.ts';
import { runAction } from './action-run.ts';
import type { CommandContext } from './command.ts';

/** `tidemark repair`: makes the drifted and ghost buckets of a span what raw says. */
export const repair = async (command: CommandContext): Promise<number> =>
	runAction(command, repairSpec(spanFlags(command.flags), timeoutFlag(command.flags)));
