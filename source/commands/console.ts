import { compose } from '../compose.ts';
import { type Config, resolveConfig } from '../config.ts';
import type { Target } from '../postgres/target-type.ts';
import type { CommandContext } from './command.ts';
import { environmentOf } from './environment.ts';
import { printOverview } from './overview.ts';
import { showConsole } from './show-console.ts';
import { createWatched, openTarget } from './watched.ts';

/** The console on the database that the arguments or the environment name. */
export async function watchConsole(context: CommandContext): Promise<number> {
	const config = resolveConfig(context);
	const target = await context.resolveTarget(context.args[0]);
	return watch(context, config, target, target.label);
}

/** The console on a target of the configuration, at first with all of them watched. */
export const watchFleet = (context: CommandContext, name: string): Promise<number> =>
	showConsole(context, openTarget(context, name), {
		opened: { view: { kind: 'fleet', isWatching: true } },
	});

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
	if (!isTerminal) {
		const parts = compose({ config, target });
		return printOverview(context, parts, environmentOf(context, config, parts, target, label));
	}
	if (!config.metrics)
		return showConsole(context, createWatched(context, { config, target, label }));
	const { prepareMetrics } = await import('./metrics-server.ts');
	const metrics = prepareMetrics({ env, config });
	const watched = createWatched(context, { config, target, label, observe: metrics.observe });
	const server = await metrics.start(watched.parts, config.metrics);
	try {
		// What scrapes this would go on with the numbers of another database.
		const whyNoTargets = `this console serves /metrics of ${watched.environment.target}, and keeps to it`;
		return await showConsole(context, watched, { whyNoTargets });
	} finally {
		await server.stop();
	}
}
