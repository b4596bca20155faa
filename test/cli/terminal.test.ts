import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { startProxy } from '../support/proxy.ts';
import { openPty, type Pty } from '../support/pty.ts';
import type { Screen } from '../support/screen.ts';

const database = useDatabase();
const program = 'dist/tidemark.js';
const home = tmpdir();

// Throws where nobody catches, when asked to: the only way to see how a crash ends.
const crasher = join(tmpdir(), `tidemark-crash-${process.pid}.mjs`);
writeFileSync(crasher, "process.on('SIGUSR2', () => { throw new Error('made to crash'); });\n");
afterAll(async () => {
	const { rm } = await import('node:fs/promises');
	await rm(crasher);
});

const environment = { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8', TZ: 'UTC' };

const openConsole = (url = database.url, columns = 80, rows = 24): Pty =>
	openPty(process.execPath, ['--import', crasher, program, '--interval', '250ms', url], {
		columns,
		rows,
		env: environment,
		deadlineMs: 12_000,
	});

// Header and footer: a frame may arrive in pieces.
const isLive = ({ text }: Screen) => / live /.test(text) && /quit/.test(text);

describe('the built program in a terminal', () => {
	it.each([
		[80, 24],
		[120, 40],
		[200, 50],
	])('shows every panel and takes keys at %d×%d', async (columns, rows) => {
		await using pty = openConsole(database.url, columns, rows);
		const { lines, isAlternate } = await pty.waitFor(isLive);
		expect(isAlternate).toBe(true);
		expect(lines.every((line) => line.length <= columns)).toBe(true);
		for (const title of [
			'1 Tasks',
			'2 Runtimes',
			'3 Rollups',
			'4 Dirty',
			'5 Activity',
			'6 Leases',
		]) {
			await pty.waitFor(({ text }) => text.includes(title));
		}
		pty.press('?');
		await pty.waitFor(({ text }) => /List the keys/.test(text) && !text.includes('6 Leases'));
		pty.press('\x1b');
		await pty.waitFor(({ text }) => text.includes('6 Leases'));
		pty.press(' ');
		await pty.waitFor(({ text }) => /paused/i.test(text));
		pty.press(' ');
		await pty.waitFor(isLive);
	});

	it.each([
		['q', 0],
		['\x03', 0],
	])('gives the terminal back on the key %j', async (key, exitCode) => {
		await using pty = openConsole();
		await pty.waitFor(isLive);
		pty.press(key);
		expect(await pty.exited()).toMatchObject({ exitCode });
		expect(pty.screen()).toMatchObject({ isAlternate: false, isCursorHidden: false, text: '' });
	});

	it.each([
		['SIGTERM', 143],
		['SIGINT', 130],
		['SIGHUP', 129],
	] as const)('gives the terminal back on %s', async (signal, exitCode) => {
		await using pty = openConsole();
		await pty.waitFor(isLive);
		pty.kill(signal);
		expect(await pty.exited()).toMatchObject({ exitCode });
		expect(pty.screen()).toMatchObject({ isAlternate: false, isCursorHidden: false, text: '' });
	});

	it('gives the terminal back when it crashes, and says so there', async () => {
		await using pty = openConsole();
		await pty.waitFor(isLive);
		pty.kill('SIGUSR2');
		expect(await pty.exited()).toMatchObject({ exitCode: 70 });
		const { isAlternate, isCursorHidden, text } = pty.screen();
		expect({ isAlternate, isCursorHidden }).toEqual({ isAlternate: false, isCursorHidden: false });
		expect(text).toContain('tidemark stopped on a fault of its own');
		expect(text).toContain('made to crash');
	});

	it('leaves no connection behind', async () => {
		await using pty = openConsole();
		await pty.waitFor(isLive);
		pty.press('q');
		await pty.exited();
		const left = await database.rows(
			"select pid from pg_stat_activity where application_name = 'tidemark' and datname = current_database()",
		);
		expect(left).toEqual([]);
	});

	it('quits at once while the server is frozen, and keeps what it showed', async () => {
		const proxy = await startProxy(database.url);
		try {
			await using pty = openConsole(proxy.url);
			await pty.waitFor(isLive);
			proxy.freeze();
			await pty.waitFor(({ text }) => /not answered|no answer|lost/i.test(text));
			expect(pty.screen().text).toContain('1 Tasks');
			pty.press('?');
			await pty.waitFor(({ text }) => /List the keys/.test(text));
			pty.press('q');
			expect(await pty.exited()).toMatchObject({ exitCode: 0 });
		} finally {
			await proxy.close();
		}
	});

	it('says what is wrong when it can not connect, and goes on trying', async () => {
		const nowhere = new URL(database.url);
		nowhere.port = '1';
		await using pty = openConsole(nowhere.href);
		const { text } = await pty.waitFor((screen) => /next try|again in/i.test(screen.text));
		expect(text).toMatch(/refused/);
		expect(text).toContain(`${nowhere.hostname}:1`.split(':')[0]);
		pty.press('q');
		expect(await pty.exited()).toMatchObject({ exitCode: 0 });
	});
});
