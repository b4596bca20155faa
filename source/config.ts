import * as v from 'valibot';
import { durationMs } from './catalog/values.ts';
import { faultsError } from './errors.ts';

/** Where `/metrics` listens. */
export type ListenAddress = { readonly host: string; readonly port: number };

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
	/** Absent: nothing listens. */
	readonly metrics?: ListenAddress;
	/** The file with the bearer token of `/metrics`; empty: none. The token itself is no setting. */
	readonly metricsTokenFile: string;
	/** Folders of the user's own samplers. */
	readonly samplerFolders: readonly string[];
	readonly isReadOnly: boolean;
	readonly isAscii: boolean;
	readonly theme: Theme;
	/** What the header calls the target, such as `staging`; empty: nothing. */
	readonly name: string;
};

/** How colours are chosen. */
export type Theme = 'default' | 'color-blind';

/** Text from the command line and from the environment, before any check. */
export type ConfigSource = {
	readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
	readonly env: Readonly<Record<string, string | undefined>>;
};

const between = (minMs: number, maxMs: number, words: string) =>
	v.pipe(
		durationMs,
		v.check((ms) => ms >= minMs && ms <= maxMs, `is between ${words}`),
	);

const listenAddress = v.pipe(
	v.string(),
	v.regex(/^(?:(?:[^\s:[\]]+|\[[0-9a-fA-F:.]+\]):)?\d{1,5}$/, 'is written [host:]port, like 9187'),
	v.transform((text): ListenAddress => {
		const at = text.lastIndexOf(':');
		const host = at < 0 ? '127.0.0.1' : text.slice(0, at).replace(/^\[|\]$/g, '');
		return { host, port: Number(text.slice(at + 1)) };
	}),
	v.check(({ port }) => port <= 65_535, 'has a port of at most 65535'),
);

/** The product's variable is a number of seconds; a unit is understood too. */
const secondsOrDuration = v.pipe(
	v.string(),
	v.transform((text) =>
		/^\d+(\.\d+)?$/.test(text) ? `${Math.round(Number(text) * 1000)}ms` : text,
	),
	between(250, 3_600_000, '250ms and 60m'),
);

type Setting = {
	readonly flag?: string;
	readonly env?: string;
	readonly fallback: string;
	readonly schema: v.GenericSchema<string, unknown>;
};

/** Every setting that is text: its flag, its variable, its default, its check. */
export const settings = {
	intervalMs: {
		flag: 'interval',
		env: 'TIDEMARK_INTERVAL',
		fallback: '2s',
		schema: between(250, 3_600_000, '250ms and 60m'),
	},
	statementTimeoutMs: {
		flag: 'statementTimeout',
		env: 'TIDEMARK_STATEMENT_TIMEOUT',
		fallback: '500ms',
		schema: between(10, 30_000, '10ms and 30s'),
	},
	cacheTtlMs: {
		flag: 'cacheTtl',
		env: 'TIDEMARK_CACHE_TTL',
		fallback: '8s',
		schema: between(500, 300_000, '500ms and 5m'),
	},
	leaseIntervalMs: {
		env: 'METRICS_COLLECTOR_INTERVAL',
		fallback: '5s',
		schema: secondsOrDuration,
	},
	theme: {
		flag: 'theme',
		env: 'TIDEMARK_THEME',
		fallback: 'default',
		schema: v.picklist(['default', 'color-blind'], 'is default or color-blind'),
	},
} as const satisfies Record<string, Setting>;

/**
 * Flags win over the environment, the environment over the defaults.
 * @throws TidemarkError of kind `config` that names every fault at once
 */
export function resolveConfig({ flags, env }: ConfigSource): Config {
	const faults: string[] = [];
	const read = (setting: Setting): unknown => {
		const flag = setting.flag === undefined ? undefined : flags[setting.flag];
		const variable = setting.env === undefined ? undefined : env[setting.env];
		const [text, origin] =
			typeof flag === 'string'
				? [flag, `--${kebab(setting.flag ?? '')}`]
				: variable !== undefined && variable !== ''
					? [variable, setting.env]
					: [setting.fallback, 'default'];
		return check(setting.schema, text, origin ?? '', faults);
	};
	const metricsText = flags.metrics ?? env.TIDEMARK_METRICS;
	const metrics =
		typeof metricsText === 'string' && metricsText !== ''
			? (check(listenAddress, metricsText, '--metrics', faults) as ListenAddress | undefined)
			: undefined;
	const config = {
		...(Object.fromEntries(
			Object.entries(settings).map(([name, setting]) => [name, read(setting)]),
		) as { [Name in keyof typeof settings]: v.InferOutput<(typeof settings)[Name]['schema']> }),
		...(metrics && { metrics }),
		samplerFolders: (flags.samplers as readonly string[] | undefined) ?? [],
		metricsTokenFile: String(flags.metricsTokenFile ?? env.TIDEMARK_METRICS_TOKEN_FILE ?? ''),
		isReadOnly: flags.readOnly === true,
		isAscii: flags.ascii === true,
		name: typeof flags.name === 'string' ? flags.name : '',
	};
	if (faults.length > 0) throw faultsError('config', faults);
	return Object.freeze(config);
}

function check(
	schema: v.GenericSchema<string, unknown>,
	text: string,
	origin: string,
	faults: string[],
) {
	const result = v.safeParse(schema, text);
	if (result.success) return result.output;
	faults.push(`${origin} ${result.issues[0].message}; it is "${text.slice(0, 40)}"`);
	return undefined;
}

const kebab = (name: string): string =>
	name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
