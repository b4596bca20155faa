import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environment } from '../faults/open-console.ts';
import { queueRows } from '../sql/queue-rows.ts';
import { createDatabase, type TestDatabase, useDatabase } from '../support/database.ts';
import { startProxy, type TcpProxy } from '../support/proxy.ts';
import { openPty, type Pty } from '../support/pty.ts';
import type { Screen } from '../support/screen.ts';

const first = useDatabase();
let second: TestDatabase;
let proxy: TcpProxy;
const home = mkdtempSync(join(tmpdir(), 'tidemark-targets-'));

/** A target of a database, through another port if one is given; the password goes to ~/.pgpass. */
function target(url: string, more: object = {}) {
	const { hostname, port, username, pathname } = new URL(url);
	return {
		host: hostname,
		port: Number(port),
		user: username,
		database: pathname.slice(1),
		...more,
	};
}

beforeAll(async () => {
	second = await createDatabase();
	proxy = await startProxy(second.url);
	const { username, password } = new URL(first.url);
	const secret = decodeURIComponent(password).replace(/[\\:]/g, '\\$&');
	writeFileSync(join(home, '.pgpass'), `*:*:*:${username}:${secret}\n`, { mode: 0o600 });
	mkdirSync(join(home, '.config', 'tidemark'), { recursive: true });
	const targets = {
		production: target(first.url, { readOnly: true, color: 'red' }),
		staging: target(second.url, { timeZone: 'Asia/Kolkata' }),
		slow: target(proxy.url),
		dead: { host: '127.0.0.1', port: 1, database: 'nothing', user: 'nobody' },
	};
	const file = { interval: '1s', targets };
	writeFileSync(join(home, '.config', 'tidemark', 'config.jsonc'), JSON.stringify(file));
	await queueRows(second).task({ status: 'queued', created: '20 m' });
});
afterAll(async () => {
	await proxy.close();
	await second.drop();
	rmSync(home, { recursive: true });
});

const open = (...args: readonly string[]): Pty =>
	openPty(process.execPath, ['dist/tidemark.js', ...args], {
		columns: 110,
		rows: 24,
		env: { ...environment, HOME: home },
		deadlineMs: 40_000,
	});

/** How many connections the program has to a database. */
const connections = async (database: TestDatabase): Promise<number> => {
	const [{ count }] = await database.rows(
		`select count(*)::int from pg_stat_activity
		where datname = current_database() and application_name like 'tidemark%'`,
	);
	return count;
};

/** Resolves when a database has as many connections as it should. */
async function untilConnections(database: TestDatabase, wanted: number): Promise<void> {
	while ((await connections(database)) !== wanted);
}

const shows =
	(...words: readonly RegExp[]) =>
	({ text }: Screen) =>
		words.every((word) => word.test(text));
const line = (screen: Screen, name: string): string =>
	screen.lines.find((each) => new RegExp(`^│ . ?${name}\\b`).test(each)) ?? '';

/** Whether the clock of the header is that of a zone; the minute may turn between the two looks. */
function hasClockOf({ lines }: Screen, timeZone: string): boolean {
	const there = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
	const minutes = [Date.now() - 60_000, Date.now()].map((at) => there.format(at));
	return minutes.some((minute) => lines[0]?.includes(` ${minute}:`));
}

describe('another target in the same console', () => {
	it('is chosen from a list; what was shown is closed, and nothing that was open stays', async () => {
		await using pty = open('@production');
		const before = await pty.waitFor(shows(/● live/, /READ-ONLY/, /nothing waits/));
		expect(before.lines[0]).toMatch(/^ *(tidemark +)?PRODUCTION /);
		pty.press('L');
		await pty.waitFor(shows(/Event log/));
		pty.press('t');
		const list = await pty.waitFor(shows(/╭ Targets/));
		expect(line(list, 'staging')).toMatch(/staging/);
		// Nothing is asked of any of them for being in a list.
		expect(await connections(second)).toBe(0);
		pty.press('j\r');
		const after = await pty.waitFor(shows(/● live/, /oldest queued task has waited 20m/));
		expect(after.lines[0]).toMatch(/^ *(tidemark +)?staging /);
		expect(after.text).not.toMatch(/PRODUCTION|READ-ONLY|Event log|Targets/);
		await untilConnections(first, 0);
		expect(await connections(second)).toBeLessThanOrEqual(2);
		expect(hasClockOf(after, 'Asia/Kolkata')).toBe(true);
		pty.press('t');
		await pty.waitFor(shows(/╭ Targets/));
		pty.press('k\r');
		const back = await pty.waitFor(shows(/● live/, /READ-ONLY/, /nothing waits/));
		expect(hasClockOf(back, 'UTC')).toBe(true);
		pty.press('q');
		expect(await pty.exited()).toMatchObject({ exitCode: 0 });
		await untilConnections(second, 0);
	});

	it('is not to be had where the configuration has none, nor beside /metrics', async () => {
		await using plain = openPty(process.execPath, ['dist/tidemark.js', first.url], {
			env: environment,
			deadlineMs: 40_000,
		});
		await plain.waitFor(shows(/● live/));
		plain.press('t');
		await plain.waitFor(shows(/t: no targets in the configuration/));
		await using serving = open('@production', '--metrics', '0');
		await serving.waitFor(shows(/● live/));
		serving.press('t');
		await serving.waitFor(shows(/t: this console serves \/metrics of production/));
	});
});

describe('the fleet', () => {
	it('has a line each, and one that is dead or frozen disturbs nothing else', async () => {
		await using pty = open('fleet');
		const all = await pty.waitFor(
			shows(/PRODUCTION .* ● all clear/, /staging .* ✖ the oldest queued/, /slow .* ✖ the oldest/),
		);
		expect(line(all, 'dead')).toMatch(/✖ Connection refused by 127\.0\.0\.1:1/);
		expect(line(all, 'staging')).toMatch(/ 1 +\ds +✖/);
		proxy.freeze();
		const frozen = await pty.waitFor(
			shows(/slow .* (◌ no answer for|✖ \S+ (does|did) not|✖ .*answer)/),
		);
		// The others go on.
		expect(line(frozen, 'staging')).toMatch(/ [0-6]s +✖/);
		// The one on screen is sampled already: it has no second pair; the two behind `second` share it.
		expect(await connections(first)).toBeLessThanOrEqual(2);
		expect(await connections(second)).toBeLessThanOrEqual(4);
		pty.press('f');
		await pty.waitFor(shows(/╭ Targets/));
		proxy.thaw();
		await untilConnections(second, 0);
		pty.press('q');
		expect(await pty.exited()).toMatchObject({ exitCode: 0 });
	});

	it('gives a target up before the console takes it: never more than two connections to one', async () => {
		const own = await startProxy(second.url);
		const { port } = new URL(own.url);
		const path = join(home, '.config', 'tidemark', 'config.jsonc');
		const before = readFileSync(path, 'utf8');
		const file = JSON.parse(before);
		file.targets.slow.port = Number(port);
		writeFileSync(path, JSON.stringify(file));
		try {
			await using pty = open('@production');
			await pty.waitFor(shows(/● live/));
			pty.press('t');
			await pty.waitFor(shows(/╭ Targets/));
			pty.press('f');
			await pty.waitFor(shows(/slow .* ✖ the oldest/));
			pty.press('jj\r');
			await pty.waitFor(
				shows(/^ *(tidemark +)?slow .*● live/, /oldest queued task has waited 20m/),
			);
			// Usage has asked on the second connection too.
			pty.press('u');
			await pty.waitFor(shows(/all usage/, /raw usage/));
			expect(own.connections()).toMatchObject({ open: 2, most: 2 });
		} finally {
			writeFileSync(path, before);
			await own.close();
		}
	});

	it('is a line each in a pipe, with the exit status of the worst', async () => {
		const { spawn } = await import('node:child_process');
		const { text } = await import('node:stream/consumers');
		const run = async (...args: readonly string[]) => {
			const child = spawn(process.execPath, ['dist/tidemark.js', 'fleet', ...args], {
				env: { ...environment, HOME: home },
				stdio: ['ignore', 'pipe', 'pipe'],
			});
			const ended = new Promise((resolve) => child.on('close', resolve));
			const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
			return { out, err, status: await ended };
		};
		const { out, err, status } = await run();
		expect({ err, status }).toEqual({ err: '', status: 2 });
		expect(out.split('\n').map((each) => each.replace(/ .*/, ''))).toEqual([
			'OK',
			'CRITICAL',
			'CRITICAL',
			'CRITICAL',
			'',
		]);
		expect(out).toMatch(
			/^CRITICAL {2}staging +(the oldest queued task|1 task queued).* queued 1$/m,
		);
		const { out: json } = await run('--json');
		expect(JSON.parse(json)).toContainEqual(
			expect.objectContaining({ target: 'dead', state: 'critical', queued: null }),
		);
	});
});
