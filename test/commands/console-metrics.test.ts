import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { defaultAddress } from '../../source/commands/serve.ts';
import { ask, parseExposition } from '../metrics/scrape.ts';
import { useDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { openPty } from '../support/pty.ts';

const database = useDatabase();

const open = (...flags: string[]) =>
	openPty(process.execPath, ['dist/tidemark.js', database.url, ...flags], {
		columns: 80,
		rows: 24,
		env: { PATH: process.env.PATH, HOME: tmpdir(), LANG: 'C.UTF-8', TZ: 'UTC' },
		deadlineMs: 12_000,
	});

test('beside the console, /metrics is answered out of what the screen shows', async () => {
	const port = await freePort();
	await using pty = open('--metrics', String(port), '--interval', '60m');
	await pty.waitFor(({ text }) => / live /.test(text));
	const runs = async () => {
		const { of } = parseExposition((await ask(port, '/metrics')).body);
		expect(of('tidemark_up')).toEqual({ '': 1 });
		return of('multica_business_sampler_query_seconds_count')['name="task-queued"'];
	};
	// The console took it; ten scrapes take none.
	expect(await runs()).toBe(1);
	for (let count = 0; count < 10; count += 1) expect(await runs()).toBe(1);
	pty.press('q');
	await pty.exited();
	await expect(ask(port, '/metrics')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('without being asked, nothing listens', async () => {
	await using pty = open();
	await pty.waitFor(({ text }) => / live /.test(text));
	await expect(ask(defaultAddress.port, '/metrics')).rejects.toMatchObject({
		code: 'ECONNREFUSED',
	});
});

test('an address in use is said before the screen is taken', async () => {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as { port: number };
	await using pty = open('--metrics', String(port));
	const { text, isAlternate } = await pty.waitFor((screen) => screen.text.includes('in use'));
	expect(text).toContain(`127.0.0.1:${port} is in use: choose another port with --metrics`);
	expect(isAlternate).toBe(false);
	server.close();
});
