import type { Command } from './command.ts';
import type { FlagName } from './flags.ts';

/** A command as `--help` lists it; its code is loaded when it runs. */
export type CommandEntry = {
	readonly usage: string;
	readonly summary: string;
	/** What else its own help says; paragraphs. */
	readonly notes?: string;
	/** The flags that mean something to it, for its help and the completions. */
	readonly flags?: readonly FlagName[];
	/** Command lines to try. */
	readonly examples: readonly string[];
	/** Runs until it is told to end, and that is then no failure. */
	readonly isService?: true;
	readonly load: () => Promise<Command>;
};

/** The commands by name; without a name the console runs. */
export const commands: Readonly<Record<string, CommandEntry>> = {
	demo: {
		usage: 'tidemark demo [--fault NAME] [--faults]',
		summary: 'the console on an embedded Postgres with live data',
		flags: ['fault', 'faults', 'interval', 'metrics', 'theme', 'ascii'],
		examples: ['tidemark demo', 'tidemark demo --faults', 'tidemark demo --fault lock-leaked'],
		load: async () => (await import('./demo.ts')).demo,
	},
	migrate: {
		usage: 'tidemark migrate up|down|status [--to N] [--url URL]',
		summary: 'apply, take back or list the rollup pipelines of sql/migrations',
		flags: ['to', 'url'],
		examples: [
			'tidemark migrate status --url postgres://owner@db-1/multica',
			'tidemark migrate up',
			'tidemark migrate down --to 12',
		],
		load: async () => (await import('./migrate.ts')).migrate,
	},
	serve: {
		usage: 'tidemark serve [URL] [--metrics [HOST:]PORT]',
		summary: '/metrics for Prometheus, without a terminal (127.0.0.1:9788)',
		notes: `Also answers /healthz (this process serves) and /readyz (the database answers).
Samples only when scraped, and once for all who scrape within --cache-ttl. SIGTERM drains.
There is no TLS: put a proxy that has it before an address that others can reach.`,
		flags: ['metrics', 'metricsTokenFile', 'cacheTtl', 'statementTimeout', 'samplers', 'logFormat'],
		examples: [
			'tidemark serve postgres://watcher@db-1/multica',
			'PGSERVICE=production tidemark serve --metrics 0.0.0.0:9788 --metrics-token-file /etc/tidemark/token',
			'tidemark serve --cache-ttl 5s --log-format json',
		],
		isService: true,
		load: async () => (await import('./serve.ts')).serve,
	},
};

/** The console itself. */
export const loadConsole = async (): Promise<Command> =>
	(await import('./console.ts')).watchConsole;
