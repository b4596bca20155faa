import { defaultRetentionMs, pruneSpec } from '../actions/specs/prune.ts';
import { spanFlag, timeoutFlag } from './action-flags.ts';
import { runAction } from './action-run.ts';
import type { CommandContext } from './command.ts';

/** `tidemark prune`: clears old invalidations out of a queue, if that loses none. */
export async function prune(command: CommandContext): Promise<number> {
	const { flags } = command;
	const retentionMs = spanFlag(flags, 'retention', '--retention', defaultRetentionMs);
	return runAction(command, pruneSpec(retentionMs, timeoutFlag(flags)));
}
