import { settings, themes } from '../config/settings.ts';
import { defaultDays, groupings, sourceNames } from '../usage/names.ts';

/** A flag as the parser, the help and the shell completions know it. */
export type FlagSpec = {
	readonly type: 'string' | 'boolean';
	readonly isMultiple?: true;
	/** What stands for the value in the help, such as `TIME`. */
	readonly value?: string;
	/** All values there are, for the completions. */
	readonly choices?: readonly string[];
	/** The value is a path. */
	readonly path?: 'file' | 'folder';
	readonly summary: string;
};

/** Every flag by its camel-case name; the command line writes it `--kebab-case`. */
export const flags = {
	url: { type: 'string', value: 'URL', summary: 'the database, where URL is not an argument' },
	interval: {
		type: 'string',
		value: 'TIME',
		summary: `pause between two refreshes (${settings.intervalMs.fallback})`,
	},
	statementTimeout: {
		type: 'string',
		value: 'TIME',
		summary: `the server cancels a query of ours after this (${settings.statementTimeoutMs.fallback})`,
	},
	cacheTtl: {
		type: 'string',
		value: 'TIME',
		summary: `a sample younger than this serves every scrape (${settings.cacheTtlMs.fallback})`,
	},
	verifyShare: {
		type: 'string',
		value: 'SHARE',
		summary: `of one processor of the server, for verifying rollups in the background; 0: off (${settings.verifyShare.fallback})`,
	},
	metrics: {
		type: 'string',
		value: '[HOST:]PORT',
		summary: 'serve /metrics there; the host is 127.0.0.1 unless given',
	},
	metricsTokenFile: {
		type: 'string',
		value: 'FILE',
		path: 'file',
		summary: 'holds the bearer token that /metrics asks for; or set TIDEMARK_METRICS_TOKEN',
	},
	logFormat: {
		type: 'string',
		value: 'FORMAT',
		choices: ['text', 'json'],
		summary: 'how serve logs to standard error: text or json (text)',
	},
	prometheus: {
		type: 'string',
		value: 'URL',
		summary: 'fill the charts of before the start from this Prometheus; or set TIDEMARK_PROMETHEUS',
	},
	prometheusMatch: {
		type: 'string',
		value: 'LABELS',
		summary: 'which of its targets, such as job="multica"',
	},
	prometheusAuthFile: {
		type: 'string',
		value: 'FILE',
		path: 'file',
		summary: 'holds what it asks for: bearer TOKEN, or basic USER:PASSWORD',
	},
	record: {
		type: 'string',
		value: 'FILE',
		path: 'file',
		summary: 'append every sample to this file, for tidemark replay-file',
	},
	at: {
		type: 'string',
		value: 'TIME',
		summary: 'where to begin: 2025-11-03T14:00Z, or 10m before the end (its end)',
	},
	samplers: {
		type: 'string',
		isMultiple: true,
		value: 'DIR',
		path: 'folder',
		summary: 'a folder of your own samplers; may be given again',
	},
	json: { type: 'boolean', summary: 'JSON with a published schema' },
	openmetrics: { type: 'boolean', summary: 'what /metrics would answer, as OpenMetrics' },
	schema: { type: 'boolean', summary: 'print the JSON Schema of what --json prints, and end' },
	pack: {
		type: 'string',
		value: 'NAME',
		choices: ['multica', 'lease', 'rollup', 'database'],
		summary: 'only the samplers of this pack',
	},
	panel: {
		type: 'string',
		value: 'NAME',
		choices: ['tasks', 'runtimes', 'rollups', 'dirty', 'activity', 'leases', 'database'],
		summary: 'only the samplers of this panel',
	},
	only: {
		type: 'string',
		isMultiple: true,
		value: 'NAME',
		summary: 'judge only this pack, panel or signal; may be given again',
	},
	actions: { type: 'boolean', summary: 'also the role for the actions' },
	self: { type: 'boolean', summary: 'check tidemark itself on this database, not the database' },
	theme: {
		type: 'string',
		value: 'NAME',
		choices: themes,
		summary: `dark, light, mono or color-blind (${settings.theme.fallback})`,
	},
	ascii: { type: 'boolean', summary: 'no character outside of ASCII' },
	name: { type: 'string', value: 'TEXT', summary: 'what the header calls this database' },
	readOnly: { type: 'boolean', summary: 'offer nothing that changes data' },
	to: {
		type: 'string',
		value: 'TIME|N',
		summary:
			'up to when: 2025-11-03, 2025-11-03T14:00Z, now, 3h; of migrate: the migration to stop at',
	},
	from: {
		type: 'string',
		value: 'TIME',
		summary: 'from when, as for --to; UTC unless it says, or --tz',
	},
	pipeline: {
		type: 'string',
		value: 'NAME',
		choices: ['hourly', 'daily', 'dashboard'],
		summary: 'which rollup: hourly, daily or dashboard (the first that is there)',
	},
	by: {
		type: 'string',
		value: 'NAME',
		choices: ['bucket', 'update', ...groupings],
		summary:
			'of replay: whose time, of the bucket or of the last update (bucket); of usage: day, week, agent, model or hour (day)',
	},
	runtime: { type: 'string', value: 'NAME', summary: 'only this runtime, by its name or id' },
	workspace: { type: 'string', value: 'NAME', summary: 'only this workspace, by its name or id' },
	days: { type: 'string', value: 'N', summary: `the last N days (${defaultDays})` },
	source: {
		type: 'string',
		value: 'NAME',
		choices: sourceNames,
		summary: 'hourly, daily or raw (what the instance itself reads)',
	},
	tz: {
		type: 'string',
		value: 'ZONE',
		summary:
			"zone of the screen's times and of usage's days, such as Europe/Berlin (the user's, the terminal's or UTC)",
	},
	user: { type: 'string', value: 'ID', summary: 'the user whose time zone is meant' },
	engine: {
		type: 'string',
		value: 'NAME',
		choices: ['function', 'direct'],
		summary: 'what recomputes: the window function, or a faster statement of ours (function)',
	},
	plan: { type: 'string', value: 'HASH', summary: 'only if the plan is still this one' },
	retention: { type: 'string', value: 'TIME', summary: 'what is younger stays in the queue (7d)' },
	monthsBack: {
		type: 'string',
		value: 'N',
		summary: 'only the last N months; the older ones are abandoned for good',
	},
	forcePartial: { type: 'boolean', summary: 'abandon them' },
	byMonth: { type: 'boolean', summary: 'one call a month, however long it holds the lock' },
	sleepBetweenSlices: { type: 'string', value: 'TIME', summary: 'rest between two slices (0s)' },
	resume: { type: 'boolean', summary: 'go on with what the last unfinished run left' },
	wait: {
		type: 'string',
		value: 'TIME',
		summary: 'how long to wait for the lock (10s; a backfill: for ever)',
	},
	timeout: {
		type: 'string',
		value: 'TIME',
		summary: 'the server cancels a slice after this (10m)',
	},
	dryRun: { type: 'boolean', summary: 'show the plan and touch nothing' },
	yes: { type: 'boolean', summary: 'answer yes to what a terminal would have asked' },
	fault: { type: 'string', value: 'NAME', summary: 'one thing goes wrong' },
	faults: { type: 'boolean', summary: 'list the faults there are' },
	help: { type: 'boolean', summary: 'this text; after a command, that of the command' },
	version: { type: 'boolean', summary: 'the version of tidemark' },
} as const satisfies Readonly<Record<string, FlagSpec>>;

/** The name of a flag. */
export type FlagName = keyof typeof flags;

/** The flags of the console itself, which most commands take too. */
export const consoleFlags = [
	'interval',
	'statementTimeout',
	'verifyShare',
	'metrics',
	'metricsTokenFile',
	'cacheTtl',
	'samplers',
	'record',
	'prometheus',
	'prometheusMatch',
	'prometheusAuthFile',
	'theme',
	'ascii',
	'name',
	'readOnly',
	'tz',
	'user',
] as const satisfies readonly FlagName[];

/** `--metrics-token-file` of `metricsTokenFile`. */
export const flagText = (name: string): string =>
	`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** The flags as meow takes them. */
export const parserFlags = (): Record<string, { type: 'string' | 'boolean'; isMultiple?: true }> =>
	Object.fromEntries(
		Object.entries<FlagSpec>(flags).map(([name, { type, isMultiple }]) => [
			name,
			isMultiple ? { type, isMultiple } : { type },
		]),
	);
