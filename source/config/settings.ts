import * as v from 'valibot';
import {
	between,
	listenAddress,
	matchers,
	panelNames,
	secondsOrDuration,
	share,
	text,
	timeZone,
	withoutPassword,
	yesOrNo,
} from './value-schemas.ts';

/** Where `/metrics` listens. */
export type ListenAddress = { readonly host: string; readonly port: number };

/** The palettes there are; see `ui/draw/theme.ts`. */
export const themes = ['dark', 'light', 'mono', 'color-blind'] as const;

/** How colours are chosen. */
export type Theme = (typeof themes)[number];

/** Colours that a target's label may have, as every terminal has them. */
export const labelColors = ['red', 'green', 'yellow', 'blue', 'magenta', 'cyan'] as const;

/** One of {@link labelColors}. */
export type LabelColor = (typeof labelColors)[number];

/** Which panels the overview shows, and in which order. */
export type PanelChoice = {
	/** These come first, in this order; the others follow in their own. */
	readonly order: readonly string[];
	readonly hidden: readonly string[];
};

/** Said of a key that is none; which keys there are is added where the fault is worded. */
export const noSuchKey = 'is no setting here';

/** A setting: where it may come from, what it is otherwise, how it is checked. */
export type Setting = {
	/** Its key in the configuration file. */
	readonly file: string;
	/** Its camel-case flag. */
	readonly flag?: string;
	readonly env?: string;
	/** As the file would write it. */
	readonly fallback: unknown;
	readonly schema: v.GenericSchema<unknown, unknown>;
};

/** Every setting by its name in `Config`, in the order in which `tidemark config` lists them. */
export const settings = {
	intervalMs: {
		file: 'interval',
		flag: 'interval',
		env: 'TIDEMARK_INTERVAL',
		fallback: '2s',
		schema: between(250, 3_600_000, '250ms and 60m'),
	},
	statementTimeoutMs: {
		file: 'statementTimeout',
		flag: 'statementTimeout',
		env: 'TIDEMARK_STATEMENT_TIMEOUT',
		fallback: '500ms',
		schema: between(10, 30_000, '10ms and 30s'),
	},
	cacheTtlMs: {
		file: 'cacheTtl',
		flag: 'cacheTtl',
		env: 'TIDEMARK_CACHE_TTL',
		fallback: '8s',
		schema: between(500, 300_000, '500ms and 5m'),
	},
	leaseIntervalMs: {
		file: 'leaseInterval',
		env: 'METRICS_COLLECTOR_INTERVAL',
		fallback: '5s',
		schema: secondsOrDuration,
	},
	verifyShare: {
		file: 'verifyShare',
		flag: 'verifyShare',
		env: 'TIDEMARK_VERIFY_SHARE',
		fallback: '0.25%',
		schema: share,
	},
	metrics: {
		file: 'metrics',
		flag: 'metrics',
		env: 'TIDEMARK_METRICS',
		fallback: '',
		schema: listenAddress,
	},
	metricsTokenFile: {
		file: 'metricsTokenFile',
		flag: 'metricsTokenFile',
		env: 'TIDEMARK_METRICS_TOKEN_FILE',
		fallback: '',
		schema: text,
	},
	prometheus: {
		file: 'prometheus',
		flag: 'prometheus',
		env: 'TIDEMARK_PROMETHEUS',
		fallback: '',
		schema: withoutPassword,
	},
	prometheusMatch: {
		file: 'prometheusMatch',
		flag: 'prometheusMatch',
		env: 'TIDEMARK_PROMETHEUS_MATCH',
		fallback: '',
		schema: matchers,
	},
	prometheusAuthFile: {
		file: 'prometheusAuthFile',
		flag: 'prometheusAuthFile',
		env: 'TIDEMARK_PROMETHEUS_AUTH_FILE',
		fallback: '',
		schema: text,
	},
	samplerFolders: {
		file: 'samplers',
		flag: 'samplers',
		fallback: [],
		schema: v.array(text, 'is a list of folders'),
	},
	panels: {
		file: 'panels',
		fallback: {},
		schema: v.objectWithRest(
			{ order: v.optional(panelNames, []), hidden: v.optional(panelNames, []) },
			v.never(noSuchKey),
			'is an object with "order" and "hidden"',
		),
	},
	theme: {
		file: 'theme',
		flag: 'theme',
		env: 'TIDEMARK_THEME',
		fallback: 'dark',
		schema: v.picklist(themes, `is ${themes.slice(0, -1).join(', ')} or ${themes.at(-1)}`),
	},
	timeZone: {
		file: 'timeZone',
		flag: 'tz',
		env: 'TIDEMARK_TZ',
		fallback: '',
		schema: timeZone,
	},
	isAscii: { file: 'ascii', flag: 'ascii', fallback: false, schema: yesOrNo },
	isReadOnly: { file: 'readOnly', flag: 'readOnly', fallback: false, schema: yesOrNo },
	name: { file: 'name', flag: 'name', fallback: '', schema: text },
} as const satisfies Record<string, Setting>;

/** The checked values of all settings. */
export type SettingValues = {
	readonly [Name in keyof typeof settings]: v.InferOutput<(typeof settings)[Name]['schema']>;
};
