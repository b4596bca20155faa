import { actionEntries } from './action-entries.ts';
import type { Command } from './command.ts';
import { consoleFlags, type FlagName } from './flags.ts';

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
	/** Its exit status where nobody gets what it says; absent: 1, which in some means a warning. */
	readonly unheardStatus?: number;
	readonly load: () => Promise<Command>;
};

/** The commands by name; without a name the console runs. */
export const commands: Readonly<Record<string, CommandEntry>> = {
	demo: {
		usage: 'tidemark demo [--fault NAME] [--faults]',
		summary: 'the console on an embedded Postgres with live data',
		flags: ['fault', 'faults', 'interval', 'record', 'metrics', 'theme', 'ascii'],
		examples: ['tidemark demo', 'tidemark demo --faults', 'tidemark demo --fault lock-leaked'],
		load: async () => (await import('./demo.ts')).demo,
	},
	migrate: {
		usage: 'tidemark migrate up|down|status [--to N] [--url URL]',
		summary: 'apply, take back or list the rollup pipelines of sql/migrations',
		flags: ['to', 'url', 'readOnly'],
		examples: [
			'tidemark migrate status --url postgres://owner@db-1/multica',
			'tidemark migrate up',
			'tidemark migrate down --to 12',
		],
		load: async () => (await import('./migrate.ts')).migrate,
	},
	once: {
		usage: 'tidemark once [URL] [--json | --openmetrics] [--pack NAME] [--panel NAME]',
		summary: 'one sample to standard output; exit 0, or 1 when there is none',
		notes: `--json has a published shape with a version: tidemark once --schema. A value that is not known is
null there; an integer beyond 2^53 is a string of digits. --openmetrics is for the textfile folder of a
node_exporter: without the ages and the process_* of /metrics, and to be renamed there when it is whole.`,
		flags: ['json', 'openmetrics', 'schema', 'pack', 'panel', 'statementTimeout', 'samplers'],
		examples: [
			'tidemark once postgres://watcher@db-1/multica --panel rollups',
			'tidemark once --json | jq \'.verdicts[] | select(.severity != "ok")\'',
			'cd /var/lib/node_exporter && tidemark once --openmetrics > queue.new; mv queue.new queue.prom',
		],
		load: async () => (await import('./once.ts')).once,
	},
	check: {
		usage: 'tidemark check [URL] [--only NAME] [--self]',
		summary: 'one line; exit 0 ok, 1 warning, 2 critical, 3 unknown',
		notes: `Judges one sample by the thresholds of the console, for cron and for Nagios and its kin. What must
last there can't be seen to last in one sample: an age is held against both together (over 1m for 2m is
over 3m), a number that must last is a warning unless the age of what waits proves it, and whether a
queue drains is left to the console and to the alerts.
--self is for deployments: the catalog loads, every sampler that applies runs once inside its bound,
every metric registers.`,
		flags: ['only', 'self', 'statementTimeout', 'samplers'],
		examples: [
			'tidemark check postgres://watcher@db-1/multica',
			'tidemark check --only rollup --only oldest-ready-task',
			'tidemark check --self && systemctl restart tidemark',
		],
		unheardStatus: 3,
		load: async () => (await import('./check.ts')).check,
	},
	diagnose: {
		usage: 'tidemark diagnose [URL] [--json]',
		summary:
			'what is wrong, why, and what to do; exit 0 nothing, 1 warnings, 2 critical, 3 no answer',
		notes: `Takes one sample, asks a few bounded, read-only queries for evidence, and puts both together: each
finding has its evidence, since when it holds, what it explains, the next step and how sure it is.
Every fault it knows is in docs/runbook.md. --json has a published shape: tidemark diagnose --schema.`,
		flags: ['json', 'schema', 'statementTimeout', 'samplers'],
		examples: [
			'tidemark diagnose postgres://watcher@db-1/multica',
			"tidemark diagnose --json | jq -r '.findings[] | .sentence, .next[].sql'",
		],
		unheardStatus: 3,
		load: async () => (await import('./diagnose.ts')).diagnose,
	},
	usage: {
		usage:
			'tidemark usage [URL] [--runtime NAME | --workspace NAME] [--by day|week|agent|model|hour]',
		summary: 'tokens, by the days of your time zone, from the rollup or from raw usage',
		notes: `Reads what the instance itself reads: the hourly rollup, or the daily one, while it is fresh and
USAGE_DAILY_ROLLUP_ENABLED is not set to false; raw usage otherwise. Beside it stands what the other one says.
Days are those of --tz, else of the user named with --user, else of the settings or the terminal, else UTC; weeks
begin on Monday. A span that would read too much is refused, with the source that can have it.
--json has a published shape with a version: tidemark usage --schema.`,
		flags: [
			'runtime',
			'workspace',
			'by',
			'days',
			'from',
			'to',
			'source',
			'tz',
			'user',
			'json',
			'schema',
			'ascii',
		],
		examples: [
			'tidemark usage postgres://watcher@db-1/multica --days 14',
			'tidemark usage --runtime ana-laptop-1 --by hour --tz Europe/Berlin',
			'tidemark usage --from 2025-11-01 --to 2025-11-30 --by week --source raw',
			"tidemark usage --by model --json | jq -r '.rows[] | [.model, .usage.outputTokens] | @tsv'",
		],
		load: async () => (await import('./usage.ts')).usage,
	},
	...actionEntries,
	serve: {
		usage: 'tidemark serve [URL] [--metrics [HOST:]PORT]',
		summary: '/metrics for Prometheus, without a terminal (127.0.0.1:9788)',
		notes: `Also answers /healthz (this process serves) and /readyz (the database answers).
Samples only when scraped, and once for all who scrape within --cache-ttl. SIGTERM drains.
There is no TLS: put a proxy that has it before an address that others can reach.
--record appends what was sampled for the scrapes.`,
		flags: [
			'metrics',
			'metricsTokenFile',
			'cacheTtl',
			'statementTimeout',
			'samplers',
			'record',
			'logFormat',
		],
		examples: [
			'tidemark serve postgres://watcher@db-1/multica',
			'PGSERVICE=production tidemark serve --metrics 0.0.0.0:9788 --metrics-token-file /etc/tidemark/token',
			'tidemark serve --cache-ttl 5s --log-format json',
		],
		isService: true,
		load: async () => (await import('./serve.ts')).serve,
	},
	fleet: {
		usage: 'tidemark fleet [--json]',
		summary: 'all targets of the configuration, a line each; exit as check does',
		notes: `On a terminal it is a view of the console: enter opens a target. Each target is asked with its own
settings, on at most two connections; one that can't be reached has the reason in its line.`,
		flags: ['json', 'samplers', 'theme', 'ascii'],
		examples: ['tidemark fleet', 'tidemark fleet --json | jq \'.[] | select(.state != "ok")\''],
		load: async () => (await import('./fleet.ts')).fleet,
	},
	config: {
		usage: 'tidemark config [@NAME | URL] [--json]',
		summary: 'every setting as it counts, and where it came from; never a password',
		notes: `Flags win over the environment, that over the named target, that over the rest of the file
$XDG_CONFIG_HOME/tidemark/config.jsonc (~/.config), and the file over the defaults. Everything that is
wrong with the file is listed at once, by line: exit 2.`,
		flags: ['json', ...consoleFlags],
		examples: [
			'tidemark config',
			'tidemark config @staging',
			"tidemark config --json | jq -r '.file'",
		],
		load: async () => (await import('./config.ts')).config,
	},
	'replay-file': {
		usage: 'tidemark replay-file FILE [--at TIME]',
		summary: 'the console on a recording of --record, without a database',
		notes: `The same panels, verdicts and keys as when it was recorded; [ and ] step, { and } go by a minute,
space plays. Verdicts are made anew, by the thresholds of now. See docs/history.md.`,
		flags: ['at', 'theme', 'ascii'],
		examples: [
			'tidemark replay-file night.tmr --at 2025-11-03T02:40Z',
			'tidemark replay-file night.tmr --at 10m',
		],
		load: async () => (await import('./replay-file.ts')).replayFile,
	},
	alerts: {
		usage: 'tidemark alerts',
		summary: 'Prometheus rules with the thresholds of the console',
		examples: ['tidemark alerts > tidemark.rules.yml', 'tidemark alerts | promtool check rules'],
		load: async () => (await import('./alerts.ts')).alerts,
	},
	dashboard: {
		usage: 'tidemark dashboard [--samplers DIR]',
		summary: 'a Grafana board over the metrics, to import',
		flags: ['samplers'],
		examples: ['tidemark dashboard > tidemark.json', 'tidemark dashboard --samplers ./samplers'],
		load: async () => (await import('./dashboard.ts')).dashboard,
	},
	roles: {
		usage: 'tidemark roles',
		summary: 'SQL for a role that may watch and nothing more, and for one that may act',
		flags: ['actions'],
		examples: [
			'tidemark roles | psql postgres://owner@db-1/multica',
			'tidemark roles --actions | psql postgres://owner@db-1/multica',
		],
		load: async () => (await import('./roles.ts')).roles,
	},
	completion: {
		usage: 'tidemark completion bash|zsh|fish',
		summary: 'what teaches a shell these commands and their flags',
		examples: [
			'source <(tidemark completion bash)',
			'tidemark completion zsh > ~/.zfunc/_tidemark',
			'tidemark completion fish > ~/.config/fish/completions/tidemark.fish',
		],
		load: async () => (await import('./completion.ts')).completion,
	},
};

/** The console itself. */
export const loadConsole = async (): Promise<Command> =>
	(await import('./console.ts')).watchConsole;
