import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { ask, parseExposition } from '../metrics/scrape.ts';
import { useDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { startProxy } from '../support/proxy.ts';
import { environment, isLive, isLost, openConsole, quit } from './open-console.ts';

vi.setConfig({ testTimeout: 120_000 });

const database = useDatabase();
const folder = mkdtempSync(join(tmpdir(), 'tidemark-clock-'));
const offset = join(folder, 'offset');
/** Debian's libfaketime: the program's wall clock is this machine's and what the file says. */
const library = execFileSync('sh', ['-c', 'ls /usr/lib/*/faketime/libfaketime.so.1'])
	.toString()
	.trim();
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(() => rmSync(folder, { recursive: true }));

const step = (by: string) => writeFileSync(offset, `${by}\n`);

async function watching(more: Readonly<Record<string, string>> = {}) {
	step('+0');
	const port = await freePort();
	const proxy = await startProxy(database.url);
	cleanups.push(() => proxy.close());
	const pty = openConsole(proxy.url, {
		flags: ['--interval', '1s', '--metrics', String(port), '--cache-ttl', '500ms'],
		deadlineMs: 40_000,
		env: {
			...environment,
			...more,
			LD_PRELOAD: library,
			FAKETIME_TIMESTAMP_FILE: offset,
			FAKETIME_NO_CACHE: '1',
			FAKETIME_DONT_FAKE_MONOTONIC: '1',
		},
	});
	cleanups.push(() => pty[Symbol.asyncDispose]());
	await pty.waitFor(isLive);
	const metrics = async () => parseExposition((await ask(port, '/metrics')).body);
	return { pty, proxy, metrics };
}

const trips = (screen: { readonly text: string }) => /trip [\d.]+ ?m?s/.exec(screen.text)?.[0];

it.each([
	['back by an hour', '-3600'],
	['ahead by an hour', '+3600'],
	['back by a day', '-86400'],
])('set %s: it goes on sampling, and no age is wrong by that', async (_, by) => {
	const { pty, metrics } = await watching();
	step(by);
	// Two more samples, told by what they took.
	const before = trips(pty.screen());
	const { text } = await pty.waitFor((screen) => isLive(screen) && trips(screen) !== before);
	await pty.waitFor((screen) => isLive(screen) && trips(screen) !== trips({ text }));
	const { of } = await metrics();
	expect(of('tidemark_up')).toEqual({ '': 1 });
	expect(of('tidemark_last_sample_age_seconds')['']).toBeLessThan(10);
	expect(pty.screen().text).not.toMatch(/no sample for|-\d+[smhd]\b/);
	// Whose clock is wrong now is said where somebody asks.
	pty.press('d');
	await pty.waitFor(({ text: shown }) =>
		/the clock of this machine is (59m|1h00m|23h59m|1d)/.test(shown),
	);
	step('+0');
	pty.press('\x1b');
	await pty.waitFor(({ text: shown }) => shown.includes('6 Leases'));
	await quit(pty);
});

it.each([
	['back by an hour', '-3600', /data \d{1,2}s old/],
	['ahead by an hour', '+3600', /data (\d{1,2}s|1h\d+m) old/],
])('set %s while the connection is lost: found again, within a pause', async (_, by, age) => {
	const { pty, proxy } = await watching();
	proxy.refuse(true);
	proxy.reset();
	await pty.waitFor(isLost(/next try in/));
	step(by);
	await pty.waitFor(isLost(/trying now|next try in/));
	expect(pty.screen().text).toMatch(age);
	proxy.refuse(false);
	await pty.waitFor(isLive);
	await quit(pty);
});

it('the night the clocks change: nothing that is shown jumps', async () => {
	// 05:59:58 UTC, two seconds before New York sets its clocks back to one o'clock.
	const at = Date.UTC(2026, 10, 1, 5, 59, 58);
	const { pty, metrics } = await watching({ TZ: 'America/New_York' });
	step(`${Math.round((at - Date.now()) / 1000)}`);
	for (let sample = 0; sample < 4; sample++) {
		const before = trips(pty.screen());
		await pty.waitFor((screen) => isLive(screen) && trips(screen) !== before);
		expect(pty.screen().text).not.toMatch(/no sample for/);
	}
	expect((await metrics()).of('tidemark_up')).toEqual({ '': 1 });
	await quit(pty);
});
