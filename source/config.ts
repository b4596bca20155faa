import { formatBound, givenThresholds, levels, mergeThresholds } from './config/bounds.ts';
import type { ConfigFile, NamedTarget } from './config/file.ts';
import { checkSetting, findSetting } from './config/find-setting.ts';
import {
	type LabelColor,
	type ListenAddress,
	type PanelChoice,
	type Setting,
	type SettingValues,
	settings,
	type Theme,
} from './config/settings.ts';
import { faultsError } from './errors.ts';
import { signalNames, type Thresholds } from './health/thresholds.ts';

export type { ConfigFile } from './config/file.ts';
export { type LabelColor, type ListenAddress, settings, type Theme } from './config/settings.ts';

/** The effective settings; frozen. The connection has its own: see `resolveTargets`. */
export type Config = {
	/** Pause between two refreshes, in ms. */
	readonly intervalMs: number;
	/** The server cancels a sampler's query after this, in ms. */
	readonly statementTimeoutMs: number;
	/** A sample younger than this serves every scrape, in ms. */
	readonly cacheTtlMs: number;
	/** Cadence of the lease pack, in ms. */
	readonly leaseIntervalMs: number;
	/** What verifying in the background may cost, of one processor of the server; 0: it is off. */
	readonly verifyShare: number;
	/** Absent: nothing listens. */
	readonly metrics?: ListenAddress;
	/** The file with the bearer token of `/metrics`; empty: none. The token itself is no setting. */
	readonly metricsTokenFile: string;
	/** Where trends of before the start can be had; empty: nowhere. Without a password. */
	readonly prometheus: string;
	/** Matchers that choose one of the targets there. */
	readonly prometheusMatch: string;
	/** The file with the token, or user and password, that it asks for; empty: none. */
	readonly prometheusAuthFile: string;
	/** Folders of the user's own samplers. */
	readonly samplerFolders: readonly string[];
	readonly panels: PanelChoice;
	readonly isReadOnly: boolean;
	readonly isAscii: boolean;
	readonly theme: Theme;
	/** In which times are shown; empty: the terminal's. */
	readonly timeZone: string;
	/** What the header calls the target, such as `staging`; empty: nothing. */
	readonly name: string;
	/** The colour of that name, where a target has one. */
	readonly color?: LabelColor;
	/** The screen says so in a word and a colour. */
	readonly isProduction: boolean;
	readonly thresholds: Thresholds;
};

/** Text from the command line, the environment and the user's file, before any check. */
export type ConfigSource = {
	readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly file?: ConfigFile | undefined;
	/** The name of a target of the file. */
	readonly targetName?: string | undefined;
};

/** Who set a setting. */
export type Origin =
	| { readonly kind: 'flag' | 'variable'; readonly name: string }
	/** `file:line`. */
	| { readonly kind: 'target' | 'file'; readonly place: string }
	| { readonly kind: 'default' };

/** A setting as it counts, in the words of the file. */
export type EffectiveSetting = {
	readonly name: string;
	readonly value: unknown;
	readonly origin: Origin;
};

/**
 * Flags win over the environment, the environment over the named target, that over the rest of the
 * file, and the file over the defaults.
 * @throws TidemarkError of kind `config` that names every fault at once
 */
export const resolveConfig = (source: ConfigSource): Config => resolveSettings(source).config;

/** {@link resolveConfig}, and where each setting came from. */
export function resolveSettings(source: ConfigSource): {
	readonly config: Config;
	readonly effective: readonly EffectiveSetting[];
} {
	const faults = [...(source.file?.faults ?? [])];
	const target = targetOf(source, faults);
	const effective: EffectiveSetting[] = [];
	const values = Object.fromEntries(
		Object.entries<Setting>(settings).map(([name, setting]) => {
			const found = findSetting(setting, source, target);
			const { file: key } = setting;
			effective.push({ name: key, ...found });
			return [name, checkSetting(setting.schema, found, key, faults)];
		}),
	) as SettingValues;
	if (faults.length > 0) throw faultsError('config', faults);
	const layers = [source.file?.given ?? {}, target?.given ?? {}];
	const thresholds = mergeThresholds(layers.map(givenThresholds));
	effective.push(...effectiveThresholds(thresholds, source, target));
	const { metrics, name, ...rest } = values;
	const config = {
		...rest,
		...(metrics && { metrics }),
		name: name || (target?.name ?? ''),
		...(target?.color && { color: target.color }),
		isProduction: target?.isProduction ?? false,
		thresholds,
	};
	return { config: Object.freeze(config), effective };
}

/** The target that is named. */
export function targetOf(
	{ file, targetName }: Pick<ConfigSource, 'file' | 'targetName'>,
	faults: string[],
): NamedTarget | undefined {
	if (targetName === undefined) return undefined;
	const target = file?.targets.get(targetName);
	// A file that could not be read has no targets, and says so itself.
	if (target === undefined && (file?.faults.length ?? 0) === 0) {
		const names = [...(file?.targets.keys() ?? [])].map((name) => `@${name}`).join(', ');
		const known =
			file === undefined
				? 'there is no configuration file'
				: `${file.path} has ${names || 'no targets'}`;
		faults.push(`There is no target @${targetName.slice(0, 40)}: ${known}.`);
	}
	return target;
}

function effectiveThresholds(
	thresholds: Thresholds,
	{ file }: ConfigSource,
	target: NamedTarget | undefined,
): EffectiveSetting[] {
	const given = [
		{
			kind: 'target' as const,
			bounds: givenThresholds(target?.given ?? {}),
			path: ['targets', target?.name ?? ''],
		},
		{ kind: 'file' as const, bounds: givenThresholds(file?.given ?? {}), path: [] },
	];
	return signalNames.flatMap((signal) =>
		levels.map((level) => {
			const { unit, [level]: bound } = thresholds[signal];
			const from = given.find(({ bounds }) => bounds[signal]?.[level] !== undefined);
			const place = from && file?.placeOf([...from.path, 'thresholds', signal, level]);
			return {
				name: `thresholds.${signal}.${level}`,
				value: formatBound(bound, unit),
				origin: from && place ? { kind: from.kind, place } : { kind: 'default' as const },
			};
		}),
	);
}
