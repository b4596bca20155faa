import { sanitise } from '../lib/text.ts';
import type { CommandContext } from './command.ts';

/** What is wrong with the user's own samplers goes to standard error, a line each; the rest goes on. */
export function tellFaults(
	{ stderr }: Pick<CommandContext, 'stderr'>,
	faults: readonly string[],
): void {
	for (const fault of faults) stderr.write(`${sanitise(fault)}\n`);
}
