import type { Parts } from '../compose.ts';
import type { Config } from '../config.ts';
import { sanitise } from '../lib/text.ts';
import { terminalZone } from '../lib/zone.ts';
import type { Target } from '../postgres/target-type.ts';
import { builtInPanels, type OwnPanel, ownPanels } from '../sampling/own-panels.ts';
import type { Environment, UsageSettings } from '../ui/console-context.ts';
import { parseRequest, type RequestFlags } from '../usage/request.ts';
import type { CommandContext } from './command.ts';
import { commands } from './registry.ts';

/** What of the terminal, the settings and the catalog stays the same while the screen is shown. */
export function environmentOf(
	{ env, flags }: CommandContext,
	config: Config,
	parts: Parts,
	target: Target,
	label: string,
): Environment {
	const own = ownPanels(parts.samplers);
	return {
		target: sanitise(config.name) || label,
		...(config.color && { color: config.color }),
		isProduction: config.isProduction,
		isReadOnly: config.isReadOnly,
		isAscii: config.isAscii || !canShowUnicode(env),
		hasColor: !env.NO_COLOR && env.TERM !== 'dumb',
		theme: config.theme,
		ownPanels: own,
		panels: config.panels,
		thresholds: config.thresholds,
		usage: usageSettings(flags as RequestFlags, env, config),
		warnings: [
			...target.warnings.map((warning) => sanitise(warning)),
			...parts.warnings,
			...unknownPanels(config, own),
		],
		everyMs: (id) => parts.loop.everyMs(id),
		sampler: (id) => parts.loop.samplerFacts(id),
		hasCommand: (name) => Object.hasOwn(commands, name),
	};
}

/** @throws TidemarkError of kind `config` for a zone that there is not */
function usageSettings(
	{ tz, user }: RequestFlags,
	env: CommandContext['env'],
	{ timeZone }: Config,
): UsageSettings {
	const { zone } = parseRequest(tz === undefined ? {} : { tz });
	return {
		viewer: { ...(zone !== undefined && { zone }), ...(user !== undefined && { user }) },
		enabled: env.USAGE_DAILY_ROLLUP_ENABLED,
		...(timeZone !== '' && { settingsZone: timeZone }),
		terminalZone: terminalZone(),
	};
}

/** A panel that is none would be missed in silence. */
function unknownPanels({ panels }: Config, own: readonly OwnPanel[]): readonly string[] {
	const known = new Set<string>([...builtInPanels, ...own.map(({ id }) => id)]);
	return (['order', 'hidden'] as const).flatMap((key) =>
		panels[key]
			.filter((name) => !known.has(name))
			.map((name) => `panels.${key} names ${name}, and there is no such panel`),
	);
}

/** By the locale, as other terminal programs do: LC_ALL, LC_CTYPE, LANG in this order. */
export function canShowUnicode(env: CommandContext['env']): boolean {
	const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
	return env.TERM !== 'dumb' && /utf-?8/i.test(locale);
}
