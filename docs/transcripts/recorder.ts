import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openPty, type Pty } from '../../test/support/pty.ts';
import type { Screen } from '../../test/support/screen.ts';

const program = fileURLToPath(new URL('../../dist/tidemark.js', import.meta.url));

/** What a person does at a terminal, and what is on it then. */
export type Recorder = {
	/** Starts the program; the command line is part of the transcript. */
	start(...args: string[]): void;
	press(keys: string, name?: string): void;
	/** Types as a person does; each key a while after the one before. */
	type(text: string): Promise<void>;
	/** Waits for a screen, and keeps it under a heading. */
	shot(heading: string, holds: (screen: Screen) => boolean): Promise<void>;
	screen(): Screen;
	/** Waits for a screen without keeping it. */
	until(holds: (screen: Screen) => boolean): Promise<void>;
	/** Waits for the program's end, and keeps what it left on the screen. */
	exited(heading: string): Promise<void>;
	/** A line between two screens. */
	say(text: string): void;
	text(): string;
	[Symbol.asyncDispose](): Promise<void>;
};

/** A key that is still held answers nothing, nor does one from before the question. */
const humanMs = 450;

/** Records the built program at 120×40. */
export function createRecorder(url: string, home: string): Recorder {
	const parts: string[] = [];
	const done: string[] = [];
	let pty: Pty | undefined;
	const running = (): Pty => {
		if (pty === undefined) throw new Error('nothing was started');
		return pty;
	};
	const keep = (heading: string, { text }: Screen) => {
		const keys = done.splice(0).join(' ');
		const told = keys === '' ? heading : `${heading}   (${keys})`;
		parts.push(`── ${told}\n\n${withoutHome(text, home)}\n`);
	};
	return {
		start(...args) {
			parts.push(`$ tidemark ${args.join(' ')}\n`);
			pty = openPty(process.execPath, [program, ...args], {
				columns: 120,
				rows: 40,
				deadlineMs: 600_000,
				env: { PATH: process.env.PATH, HOME: home, TZ: 'UTC', LANG: 'C.UTF-8', DATABASE_URL: url },
			});
		},
		press(keys, name = keys) {
			done.push(name);
			running().press(keys);
		},
		async type(text) {
			done.push(`"${text}"`);
			for (const character of text) {
				await pause(humanMs);
				running().press(character);
			}
			await pause(humanMs);
		},
		async shot(heading, holds) {
			keep(heading, await running().waitFor(holds));
		},
		screen: () => running().screen(),
		async until(holds) {
			await running().waitFor(holds);
		},
		async exited(heading) {
			const { exitCode } = await running().exited();
			keep(`${heading}; exit status ${exitCode}`, running().screen());
		},
		say: (text) => void parts.push(`${text}\n`),
		text: () => `${parts.join('\n').trimEnd()}\n`,
		async [Symbol.asyncDispose]() {
			await pty?.[Symbol.asyncDispose]();
		},
	};
}

/** The home folder as `~`, with the line as long as it was. */
const withoutHome = (text: string, home: string): string =>
	text
		.split('\n')
		.map((line) => {
			const shorter = line.replaceAll(home, '~');
			return line.endsWith('│')
				? `${shorter.slice(0, -1)}${' '.repeat(line.length - shorter.length)}│`
				: shorter;
		})
		.join('\n');
