import type { Parts } from '../compose.ts';
import type { Config } from '../config.ts';
import { sanitise } from '../lib/text.ts';
import type { Target } from '../postgres/target-type.ts';
import type { Environment } from '../ui/console-context.ts';
import type { CommandContext } from './command.ts';
import { commands } from './registry.ts';

/** What of the terminal, the settings and the catalog stays the same while the screen is shown. */
export function environmentOf(
	{ env }: CommandContext,
	config: Config,
	parts: Parts,
	target: Target,
	label: string,
): Environment {
	return {
		target: sanitise(config.name) || label,
		isReadOnly: config.isReadOnly,
		isAscii: config.isAscii || !canShowUnicode(env),
		hasColor: !env.NO_COLOR && env.TERM !== 'dumb',
		theme: config.theme,
		warnings: target.warnings.map((warning) => sanitise(warning)),
		everyMs: (id) => parts.loop.everyMs(id),
		hasCommand: (name) => Object.hasOwn(commands, name),
	};
}

/** By the locale, as other terminal programs do: LC_ALL, LC_CTYPE, LANG in this order. */
function canShowUnicode(env: CommandContext['env']): boolean {
	const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
	return env.TERM !== 'dumb' && /utf-?8/i.test(locale);
}
