import type { Command } from './command.ts';

/** A command as `--help` lists it; its code is loaded when it runs. */
export type CommandEntry = {
	readonly usage: string;
	readonly summary: string;
	readonly load: () => Promise<Command>;
};

/** The commands by name; without a name the console runs. */
export const commands: Readonly<Record<string, CommandEntry>> = {
	demo: {
		usage: 'tidemark demo [--fault NAME] [--faults]',
		summary: 'the console on an embedded Postgres with live data',
		load: async () => (await import('./demo.ts')).demo,
	},
	migrate: {
		usage: 'tidemark migrate up|down|status [--to N] [--url URL]',
		summary: 'apply, take back or list the rollup pipelines of sql/migrations',
		load: async () => (await import('./migrate.ts')).migrate,
	},
};

/** The console itself. */
export const loadConsole = async (): Promise<Command> =>
	(await import('./console.ts')).watchConsole;
