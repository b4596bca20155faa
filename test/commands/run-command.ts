import { PassThrough } from 'node:stream';
import type { Command, CommandContext, Flags } from '../../source/commands/command.ts';
import { keepProduced } from '../support/produced.ts';
import { targetOf } from '../support/target.ts';

/** How a command is started. */
export type RunOptions = {
	/** The database; the command finds it whatever its arguments are. */
	readonly url?: string;
	readonly args?: readonly string[];
	readonly flags?: Flags;
	readonly env?: Readonly<Record<string, string>>;
	readonly ending?: AbortSignal;
};

/** A command under way. */
export type RunningCommand = {
	/** What was written to standard error so far. */
	errors(): string;
	/** Resolves as soon as what was written to standard error matches. */
	whenError(pattern: RegExp): Promise<RegExpExecArray>;
	/** The exit status with all that was written. */
	readonly done: Promise<{ readonly status: number; readonly out: string; readonly err: string }>;
};

/** Starts a command in this process, as the program's entry does, with streams that are read here. */
export function startCommand(command: Command, options: RunOptions = {}): RunningCommand {
	const stdout = new PassThrough();
	const stderr = new PassThrough();
	let out = '';
	let err = '';
	const listeners = new Set<() => void>();
	stdout.on('data', (chunk) => {
		out += chunk;
	});
	stderr.on('data', (chunk) => {
		err += chunk;
		for (const listener of listeners) listener();
	});
	const { url, args = [], flags = {}, env = {} } = options;
	const context = {
		args,
		flags,
		env,
		stdin: process.stdin,
		stdout,
		stderr,
		ending: options.ending ?? new AbortController().signal,
		resolveTarget: async (given: string | undefined) => targetOf(url ?? given ?? ''),
	} as unknown as CommandContext;
	return {
		errors: () => err,
		whenError(pattern) {
			return new Promise((resolve) => {
				const look = () => {
					const match = pattern.exec(err);
					if (!match) return;
					listeners.delete(look);
					resolve(match);
				};
				listeners.add(look);
				look();
			});
		},
		done: command(context)
			.then((status) => ({ status, out, err }))
			.finally(() => keepProduced(out + err)),
	};
}

/** Runs a command to its end. */
export const runCommand = (command: Command, options?: RunOptions) =>
	startCommand(command, options).done;
