import { compose } from '../compose.ts';
import { resolveConfig } from '../config.ts';
import type { CommandContext } from './command.ts';
import { printOverview } from './overview.ts';
import { showConsole } from './show-console.ts';

/** The console on a database, or without a terminal one plain overview of it. */
export async function watchConsole(context: CommandContext): Promise<number> {
	const config = resolveConfig(context);
	const target = await context.resolveTarget(context.args[0]);
	const parts = compose({ config, target });
	const isTerminal = context.stdout.isTTY && context.stdin.isTTY;
	return isTerminal
		? showConsole(context, config, parts, target.label)
		: printOverview(context, parts);
}
