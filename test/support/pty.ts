import { spawn } from '@lydell/node-pty';
import { keepProduced } from './produced.ts';
import { createScreenReader, type Screen } from './screen.ts';

/** How a program is started in a terminal. */
export type PtyOptions = {
	readonly columns?: number;
	readonly rows?: number;
	readonly cwd?: string;
	/** The whole environment of the program; without it this process's, with TERM=xterm-256color. */
	readonly env?: Readonly<Record<string, string | undefined>>;
	/** How long {@link Pty.waitFor} and {@link Pty.exited} wait before they fail with the screen. */
	readonly deadlineMs?: number;
};

/** How the program ended; signal 0 or absent where it ended by itself. */
export type PtyExit = { readonly exitCode: number; readonly signal?: number };

/** A program in a real pseudo-terminal, with an emulated screen on the other side. */
export type Pty = {
	readonly pid: number;
	screen(): Screen;
	/** Everything the program has written, escape sequences and all. */
	output(): string;
	/** Types keys as a terminal would send them, such as `?`, `\x1b` or `\x03`. */
	press(keys: string): void;
	resize(columns: number, rows: number): void;
	/** Reads no more of what the program writes: soon its terminal takes no more. */
	hold(): void;
	/** Reads again, beginning with what was held up. */
	release(): void;
	/** Resolves with the first screen that fulfils the condition; looks again whenever output has come. */
	waitFor(condition: (screen: Screen) => boolean): Promise<Screen>;
	/** Resolves when the program is gone and the screen shows all that it wrote. */
	exited(): Promise<PtyExit>;
	kill(signal?: NodeJS.Signals): void;
	/** Kills the program if it still runs, and waits for its end. */
	[Symbol.asyncDispose](): Promise<void>;
};

type Waiter = {
	readonly isDone: () => boolean;
	readonly resolve: () => void;
};

/** Runs a program in a pseudo-terminal: a real tty, with job signals and a size. */
export function openPty(
	file: string,
	args: readonly string[] = [],
	{ columns = 80, rows = 24, cwd, env, deadlineMs = 20_000 }: PtyOptions = {},
): Pty {
	const reader = createScreenReader(columns, rows);
	const pty = spawn(file, [...args], {
		// What TERM becomes, whatever the environment says.
		name: env?.TERM ?? 'xterm-256color',
		cols: columns,
		rows,
		env: { ...(env ?? process.env) },
		...(cwd === undefined ? {} : { cwd }),
	});
	const waiters = new Set<Waiter>();
	let output = '';
	let pending = 0;
	let exit: PtyExit | undefined;

	const look = () => {
		for (const waiter of waiters) if (waiter.isDone()) waiter.resolve();
	};
	pty.onData((data) => {
		output += data;
		pending += 1;
		void reader.write(data).then(() => {
			pending -= 1;
			look();
		});
	});
	pty.onExit(({ exitCode, signal }) => {
		keepProduced(output);
		exit = { exitCode, ...(signal === undefined ? {} : { signal }) };
		look();
	});

	const until = async (isDone: () => boolean, what: string) => {
		if (isDone()) return;
		let waiter: Waiter | undefined;
		let timer: NodeJS.Timeout | undefined;
		await new Promise<void>((resolve, reject) => {
			const fail = () =>
				reject(new Error(`${what} in ${deadlineMs} ms; the screen:\n${reader.read().text}`));
			timer = setTimeout(fail, deadlineMs);
			waiter = { isDone, resolve };
			waiters.add(waiter);
		}).finally(() => {
			clearTimeout(timer);
			if (waiter !== undefined) waiters.delete(waiter);
		});
	};
	const exited = async () => {
		await until(() => exit !== undefined && pending === 0, 'the program did not end');
		return exit as PtyExit;
	};

	return {
		pid: pty.pid,
		screen: () => reader.read(),
		output: () => output,
		press: (keys) => pty.write(keys),
		resize(newColumns, newRows) {
			reader.resize(newColumns, newRows);
			pty.resize(newColumns, newRows);
		},
		hold: () => pty.pause(),
		release: () => pty.resume(),
		async waitFor(condition) {
			const isDone = () => condition(reader.read());
			const orGone = () => isDone() || (exit !== undefined && pending === 0);
			await until(orGone, 'the expected screen did not come');
			const screen = reader.read();
			if (!condition(screen)) {
				throw new Error(
					`the program ended (${JSON.stringify(exit)}) before; the screen:\n${screen.text}`,
				);
			}
			return screen;
		},
		exited,
		kill: (signal) => pty.kill(signal),
		async [Symbol.asyncDispose]() {
			if (exit === undefined) pty.kill('SIGKILL');
			await exited();
			reader.dispose();
		},
	};
}
