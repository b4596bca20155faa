import { compose } from '../compose.ts';
import { type Config, resolveConfig } from '../config.ts';
import type { Target } from '../postgres/target-type.ts';
import type { Environment } from '../ui/console-context.ts';
import type { CommandContext } from './command.ts';
import { type ConsoleActions, consoleActions } from './console-actions.ts';
import { environmentOf } from './environment.ts';
import { printOverview } from './overview.ts';
import { showConsole } from './show-console.ts';

/** The console on the database that the arguments or the environment name. */
export async function watchConsole(context: CommandContext): Promise<number> {
	const config = resolveConfig(context);
	const target = await context.resolveTarget(context.args[0]);
	return watch(context, config, target, target.label);
}

/** The console on a target, or without a terminal one plain overview of it. */
export async function watch(
	context: CommandContext,
	config: Config,
	target: Target,
	label: string,
): Promise<number> {
	const { stdin, stdout, env } = context;
	// A dumb terminal can't place a cursor: it is a pipe that happens to have a person behind it.
	const isTerminal = stdout.isTTY && stdin.isTTY && env.TERM !== 'dumb';
	if (!isTerminal || !config.metrics) {
		const parts = compose({ config, target });
		const environment = environmentOf(context, config, parts, target, label);
		if (!isTerminal) return printOverview(context, parts, environment);
		const actions = consoleActions(context, config, target);
		return showConsole(context, parts, warned(environment, actions), actions);
	}
	const { prepareMetrics } = await import('./metrics-server.ts');
	const metrics = prepareMetrics({ env, config });
	const parts = compose({ config, target, observe: metrics.observe });
	const server = await metrics.start(parts, config.metrics);
	try {
		const environment = environmentOf(context, config, parts, target, label);
		const actions = consoleActions(context, config, target);
		return await showConsole(context, parts, warned(environment, actions), actions);
	} finally {
		await server.stop();
	}
}

/** What was left undone is told where the settings' warnings are: in the log. */
const warned = (environment: Environment, { warnings }: ConsoleActions): Environment => ({
	...environment,
	warnings: [...environment.warnings, ...warnings],
});
