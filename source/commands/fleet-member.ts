import { compose } from '../compose.ts';
import { targetInput } from '../config/load.ts';
import { resolveConfig } from '../config.ts';
import type { FleetMember } from '../fleet.ts';
import { resolveTargets } from '../postgres/target.ts';
import type { CommandContext } from './command.ts';

/** A target of the file with its own settings; asked as often as it says, but not more than every 5 s. */
export const memberOf = (context: CommandContext, name: string): FleetMember => ({
	name,
	open() {
		const config = resolveConfig({ ...context, targetName: name });
		const target = resolveTargets(targetInput(context.file, `@${name}`));
		return compose({
			config: { ...config, intervalMs: Math.max(5000, config.intervalMs) },
			target,
		});
	},
});
