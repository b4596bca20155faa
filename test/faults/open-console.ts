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

/** Opens and closes the help, and gives the longer of the two times from key to whole frame, in ms. */
export async function keyLatencyMs(pty: Pty): Promise<number> {
	const isHelp = ({ text }: Screen) => text.includes('List the keys');
	const started = performance.now();
	pty.press('?');
	await pty.waitFor(isHelp);
	const opened = performance.now();
	pty.press('\x1b');
	await pty.waitFor((screen) => !isHelp(screen));
	return Math.max(opened - started, performance.now() - opened);
}
