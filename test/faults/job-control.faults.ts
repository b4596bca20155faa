import { expect, it, vi } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { openPty } from '../support/pty.ts';
import type { Screen } from '../support/screen.ts';
import { environment, isLive, openConsole } from './open-console.ts';

const database = useDatabase();
// A shell, two starts of the program and ten screens.
vi.setConfig({ testTimeout: 60_000 });

/** The shell waits for a command, and has the terminal to itself. */
const isPrompt = ({ lines, isAlternate, isCursorHidden }: Screen) =>
	!isAlternate && !isCursorHidden && lines.findLast((line) => line !== '') === '$';

const isBack = (screen: Screen) => isLive(screen) && screen.isAlternate && screen.isCursorHidden;

/** A shell with job control, in which the console runs as a job. */
async function openShell() {
	const shell = openPty('bash', ['--norc', '--noprofile', '-i'], {
		columns: 120,
		rows: 40,
		// In the environment: what is typed is seen.
		env: { ...environment, PS1: '$ ', HISTFILE: '', DATABASE_URL: database.url },
	});
	await shell.waitFor(isPrompt);
	shell.press(`${process.execPath} dist/tidemark.js --interval 1s\r`);
	await shell.waitFor(isBack);
	return shell;
}

const sessions = () =>
	database.rows(
		`select pid from pg_stat_activity where application_name = 'tidemark' and datname = current_database()`,
	);

it('ctrl-z gives the terminal back, fg brings the screen, and what the shell said stays', async () => {
	await using shell = await openShell();
	shell.press('?');
	await shell.waitFor(({ text }) => text.includes('List the keys'));
	shell.press('\x1a');
	await shell.waitFor((screen) => screen.text.includes('Stopped') && isPrompt(screen));
	shell.press('stty -a | grep -o "[-]*icanon"; echo said $((40 + 2))\r');
	const { text } = await shell.waitFor(({ lines }) => lines.includes('said 42'));
	// Lines are edited by the terminal again: raw mode is off.
	expect(text).toMatch(/^icanon$/m);
	shell.press('fg\r');
	// What was open is open still, and samples go on.
	await shell.waitFor((screen) => screen.text.includes('List the keys') && screen.isAlternate);
	shell.press('\x1b');
	await shell.waitFor((screen) => isBack(screen) && screen.text.includes('6 Leases'));
	shell.press('\x1a');
	await shell.waitFor((screen) => screen.text.includes('said 42') && isPrompt(screen));
	shell.press('fg\r');
	await shell.waitFor(isBack);
	shell.press('q');
	await shell.waitFor((screen) => screen.text.includes('said 42') && isPrompt(screen));
	expect(await sessions()).toEqual([]);
});

it('a stop that asked nobody, and SIGCONT: the screen is whole again, the connection the same', async () => {
	await using pty = openConsole(database.url);
	await pty.waitFor(isBack);
	const before = await sessions();
	pty.kill('SIGSTOP');
	// Longer than the watchdog's patience, with or without a question open.
	await database.rows('select pg_sleep(5)');
	const written = pty.output().length;
	pty.kill('SIGCONT');
	// The whole frame, not only what has changed.
	await pty.waitFor(
		(screen) => isBack(screen) && /\x1b\[\?1049h[\s\S]*Leases/.test(pty.output().slice(written)),
	);
	expect(pty.output()).not.toMatch(/frozen/);
	expect(await sessions()).toEqual(before);
	pty.press('q');
	expect(await pty.exited()).toMatchObject({ exitCode: 0 });
	expect(pty.screen()).toMatchObject({ isAlternate: false, isCursorHidden: false });
});

it('ctrl-z where no shell could let it go on again stops nothing', async () => {
	await using pty = openConsole(database.url);
	await pty.waitFor(isBack);
	pty.press('\x1a');
	pty.press('?');
	await pty.waitFor(({ text, isAlternate }) => isAlternate && text.includes('List the keys'));
	pty.press('q');
	expect(await pty.exited()).toMatchObject({ exitCode: 0 });
});
