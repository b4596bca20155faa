import { type ComposeOptions, compose, type Parts } from '../compose.ts';
import { applyTimeZone, targetInput } from '../config/load.ts';
import { type Config, resolveConfig } from '../config.ts';
import { resolveTargets } from '../postgres/target.ts';
import type { Target } from '../postgres/target-type.ts';
import type { Environment } from '../ui/console-context.ts';
import type { CommandContext } from './command.ts';
import { type ConsoleActions, consoleActions } from './console-actions.ts';
import { environmentOf } from './environment.ts';

/** All that the console has of the target that it shows; nothing of it runs yet. */
export type Watched = {
	/** What the configuration calls it; undefined: it is none of its targets. */
	readonly name: string | undefined;
	readonly config: Config;
	readonly parts: Parts;
	readonly environment: Environment;
	readonly actions: ConsoleActions;
};

/** What to make it of. */
export type WatchedOptions = {
	readonly config: Config;
	readonly target: Target;
	/** What the header calls it, unless the settings do. */
	readonly label: string;
	readonly observe?: ComposeOptions['observe'];
};

/** Makes the parts of a target, and what the screen and the desk know of it. */
export function createWatched(
	context: CommandContext,
	{ config, target, label, observe }: WatchedOptions,
): Watched {
	const parts = compose({ config, target, ...(observe && { observe }) });
	const actions = consoleActions(context, config, target);
	const environment = environmentOf(context, config, parts, target, label);
	return {
		name: context.targetName,
		config,
		parts,
		actions,
		// What was left undone is told where the settings' warnings are: in the log.
		environment: { ...environment, warnings: [...environment.warnings, ...actions.warnings] },
	};
}

/**
 * A target of the configuration, with its own settings.
 * @throws TidemarkError of kind `config` or `catalog`
 */
export function openTarget(before: CommandContext, targetName: string): Watched {
	const context = { ...before, targetName };
	const config = resolveConfig(context);
	const target = resolveTargets(targetInput(context.file, `@${targetName}`));
	const putZoneBack = applyTimeZone(context);
	try {
		return createWatched(context, { config, target, label: target.label });
	} catch (error) {
		putZoneBack();
		throw error;
	}
}
