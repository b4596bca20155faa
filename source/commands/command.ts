import type { ConfigFile } from '../config.ts';
import type { Target } from '../postgres/target-type.ts';

/** Flags as the command line gave them, by camel-case name. */
export type Flags = Readonly<Record<string, string | boolean | string[] | undefined>>;

/** What a command runs with; the process itself stays with the command line's entry. */
export type CommandContext = {
	/** What follows the command's name. */
	readonly args: readonly string[];
	readonly flags: Flags;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The user's configuration file, where there is one; see `resolveConfig`. */
	readonly file?: ConfigFile | undefined;
	/** `staging`, where `@staging` is said in place of a URL. */
	readonly targetName?: string | undefined;
	readonly stdin: NodeJS.ReadStream;
	readonly stdout: NodeJS.WriteStream;
	readonly stderr: NodeJS.WriteStream;
	/** Aborts when the process is asked to end (SIGTERM, SIGINT, SIGHUP). */
	readonly ending: AbortSignal;
	/** The target that the arguments, the environment and the user's files name; `@NAME` is one of the file. */
	resolveTarget(url: string | undefined): Promise<Target>;
};

/** A command: does its work and resolves to the exit status. */
export type Command = (context: CommandContext) => Promise<number>;
