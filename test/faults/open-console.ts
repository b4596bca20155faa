import { tmpdir } from 'node:os';
import { openPty, type Pty, type PtyOptions } from '../support/pty.ts';
import type { Screen } from '../support/screen.ts';

/** The environment of a program under test: nothing of this shell's databases. */
export const environment = { PATH: process.env.PATH, HOME: tmpdir(), LANG: 'C.UTF-8', TZ: 'UTC' };

/** What is asked of a console under test. */
export type ConsoleOptions = PtyOptions & { readonly flags?: readonly string[] };

/** The built program on a database, in a terminal. */
export const openConsole = (
	url: string,
	{ flags = ['--interval', '1s'], ...options }: ConsoleOptions = {},
): Pty =>
	openPty(process.execPath, ['dist/tidemark.js', ...flags, url], {
		columns: 120,
		rows: 40,
		env: environment,
		deadlineMs: 25_000,
		...options,
	});

/** Header and footer are there and the line is up: a frame may arrive in pieces. */
export const isLive = ({ text }: Screen): boolean => / live /.test(text) && /quit/.test(text);

/** The header says that the line is lost, and the second line matches. */
export const isLost =
	(sentence: RegExp) =>
	({ lines }: Screen): boolean =>
		/ lost\b/.test(lines[0] ?? '') && sentence.test(lines[1] ?? '');

/** A key is answered sooner than this in every trouble, in ms. */
export const longestKeyMs = 50;

/**
 * Opens and closes the help five times; from a key to its whole frame, in ms, the quickest counts: a
 * key that has to wait for a question is late each time, one that is late once waited for a processor.
 */
export async function keyLatencyMs(pty: Pty): Promise<number> {
	const isHelp = ({ text }: Screen) => text.includes('List the keys');
	const took: number[] = [];
	for (let round = 0; round < 5; round++) {
		const started = performance.now();
		pty.press('?');
		await pty.waitFor(isHelp);
		const opened = performance.now();
		pty.press('\x1b');
		await pty.waitFor((screen) => !isHelp(screen));
		took.push(opened - started, performance.now() - opened);
	}
	return Math.min(...took);
}

/**
 * Ends the console as its user would, and sees that the terminal is given back.
 * @throws Error where it is not, or the status is another than 0
 */
export async function quit(pty: Pty): Promise<void> {
	pty.press('q');
	const { exitCode } = await pty.exited();
	const { isAlternate, isCursorHidden } = pty.screen();
	if (exitCode === 0 && !isAlternate && !isCursorHidden) return;
	throw new Error(`not given back: ${JSON.stringify({ exitCode, isAlternate, isCursorHidden })}`);
}
