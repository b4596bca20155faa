import { describe, expect, it } from 'vitest';
import { isProcess } from '../../source/demo/postmaster.ts';
import { ask } from '../metrics/scrape.ts';
import { useDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { isLive, openConsole } from './open-console.ts';

const database = useDatabase();

describe('a terminal', () => {
	it('resized from 1×1 to 500×200 without a rest', async () => {
		await using pty = openConsole(database.url);
		await pty.waitFor(isLive);
		const sizes = [1, 2, 3, 5, 9, 10, 11, 39, 40, 41, 80, 119, 120, 200, 500];
		for (let round = 0; round < 20; round++) {
			for (const columns of sizes) pty.resize(columns, Math.max(1, Math.ceil(columns / 2.5)));
		}
		pty.resize(100, 30);
		const { lines } = await pty.waitFor(
			(screen) => isLive(screen) && screen.text.includes('6 Leases'),
		);
		expect(lines.every((line) => line.length <= 100)).toBe(true);
		for (const [columns, rows] of [
			[1, 1],
			[500, 200],
		] as const) {
			pty.resize(columns, rows);
			await pty.waitFor(({ text }) => text.length > 0);
		}
		await pty.waitFor(isLive);
		pty.press('q');
		expect(await pty.exited()).toMatchObject({ exitCode: 0 });
	});

	it('that nobody reads: sampling and /metrics go on, and frames are dropped', async () => {
		const port = await freePort();
		await using pty = openConsole(database.url, {
			columns: 200,
			rows: 50,
			flags: ['--interval', '250ms', '--metrics', String(port)],
		});
		await pty.waitFor(isLive);
		pty.hold();
		// More than a terminal's buffer holds: each new size is a whole new screen.
		for (let round = 0; round < 60; round++) {
			pty.resize(200 + (round % 2), 50);
			expect((await ask(port, '/metrics')).status).toBe(200);
		}
		pty.release();
		await pty.waitFor(isLive);
		pty.press('q');
		expect(await pty.exited()).toMatchObject({ exitCode: 0 });
	});

	it('that nobody reads: a signal still ends the program', async () => {
		const port = await freePort();
		await using pty = openConsole(database.url, {
			columns: 200,
			rows: 50,
			flags: ['--interval', '250ms', '--metrics', String(port)],
		});
		await pty.waitFor(isLive);
		pty.hold();
		for (let round = 0; round < 60; round++) {
			pty.resize(200 + (round % 2), 50);
			expect((await ask(port, '/metrics')).status).toBe(200);
		}
		pty.kill('SIGTERM');
		// Read again only when the program is gone: its end must not wait for the terminal.
		await expect
			.poll(
				() =>
					database.rows(
						`select pid from pg_stat_activity where application_name = 'tidemark' and datname = current_database()`,
					),
				{ timeout: 5000 },
			)
			.toEqual([]);
		await expect.poll(() => isProcess(pty.pid, 'tidemark.js'), { timeout: 5000 }).toBe(false);
		pty.release();
		expect(await pty.exited()).toMatchObject({ exitCode: 143 });
	});
});
