import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import { queueRows } from '../sql/queue-rows.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();
const rows = queueRows(database);
const home = mkdtempSync(join(tmpdir(), 'tidemark-config-'));
const path = join(home, '.config', 'tidemark', 'config.jsonc');
mkdirSync(join(home, '.config', 'tidemark'), { recursive: true });
afterAll(() => rmSync(home, { recursive: true }));

/** The built program with a configuration file, as a script would run it. */
async function run(file: string, args: readonly string[], variables = {}) {
	writeFileSync(path, file);
	const env = { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8', TZ: 'UTC', ...variables };
	const child = spawn(process.execPath, ['dist/tidemark.js', ...args], {
		env,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
	const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
	return { out, err, status: await ended };
}

/** The test database as a target: without its password, which goes where psql would look. */
function target(more: object = {}): object {
	const url = new URL(database.url);
	const { hostname, port, username } = url;
	const password = decodeURIComponent(url.password).replace(/[\\:]/g, '\\$&');
	writeFileSync(join(home, '.pgpass'), `${hostname}:${port}:*:${username}:${password}\n`, {
		mode: 0o600,
	});
	url.password = '';
	return { url: url.href, ...more };
}

describe('tidemark config', () => {
	test('says what counts and where it came from', async () => {
		const file = `{\n"interval": "5s",\n"targets": {\n"staging": {"host": "db-2", "port": 5433, "theme": "mono"}}}`;
		const { out, err, status } = await run(file, ['config', '@staging', '--read-only'], {
			TIDEMARK_CACHE_TTL: '9s',
			PGUSER: 'watcher',
		});
		expect({ err, status }).toEqual({ err: '', status: 0 });
		const said = out.split('\n').map((line) => line.split(/ {2,}/));
		for (const line of [
			['file', '~/.config/tidemark/config.jsonc'],
			['targets', '@staging'],
			['connection.host', 'db-2', '~/.config/tidemark/config.jsonc:4'],
			['connection.user', 'watcher', 'PGUSER'],
			['interval', '5s', '~/.config/tidemark/config.jsonc:2'],
			['theme', 'mono', '~/.config/tidemark/config.jsonc:4'],
			['cacheTtl', '9s', 'TIDEMARK_CACHE_TTL'],
			['readOnly', 'true', '--read-only'],
			['statementTimeout', '500ms', 'default'],
			['thresholds.connections.warn', '80%', 'default'],
		]) {
			expect(said).toContainEqual(line);
		}
		const { out: json } = await run(file, ['config', '--json']);
		expect(JSON.parse(json)).toMatchObject({ target: null, targets: ['staging'] });
	});

	test('lists every fault of the file, the flags and the variables, and exits with 2', async () => {
		const { out, err, status } = await run(
			'{\n"interval": 3,\n"colour": "dark",\n}',
			['config', '--theme', 'pink'],
			{ TIDEMARK_CACHE_TTL: 'x' },
		);
		expect({ out, status }).toEqual({ out: '', status: 2 });
		expect(err.trim().split('\n')).toEqual([
			'~/.config/tidemark/config.jsonc:2: interval is text in quotes',
			expect.stringMatching(/^~\/\.config\/tidemark\/config\.jsonc:3: colour is no setting here; /),
			expect.stringMatching(/^TIDEMARK_CACHE_TTL /),
			expect.stringMatching(/^--theme /),
		]);
	});
});

describe('a target of the file', () => {
	test('takes the place of a URL, with thresholds, read-only and a name of its own', async () => {
		await rows.task({ status: 'queued', created: '4 m' });
		const strict = { 'oldest-ready-task': { critical: '2m', warn: '1m' } };
		const file = JSON.stringify({
			targets: { eu: target({ readOnly: true, thresholds: strict }) },
		});
		const check = await run(file, ['check', '@eu', '--only', 'oldest-ready-task']);
		expect(check).toMatchObject({ status: 2, err: '' });
		expect(check.out).toMatch(/CRITICAL - .* \| oldest-ready-task=\d+\.?\d*s;60;120\n$/);
		const sample = await run(file, ['once', '@eu', '--json', '--panel', 'tasks']);
		expect(JSON.parse(sample.out).verdicts).toContainEqual(
			expect.objectContaining({ signal: 'oldest-ready-task', severity: 'critical' }),
		);
		const loose = JSON.stringify({
			thresholds: { 'oldest-ready-task': { warn: 'off' } },
			targets: { eu: target() },
		});
		expect((await run(loose, ['check', '@eu', '--only', 'oldest-ready-task'])).status).toBe(0);
		const tick = await run(file, ['tick', '@eu', '--yes']);
		expect(tick).toMatchObject({ status: 3, err: 'No tick here: tidemark runs read-only.\n' });
		const { out } = await run(file, ['@eu']);
		expect(out).toMatch(/^ (tidemark {2})?eu {2}/);
	});

	test('that is read-only keeps its pipelines', async () => {
		const file = JSON.stringify({ targets: { eu: target({ readOnly: true }), us: target() } });
		const refused = {
			out: '',
			err: 'Nothing is migrated here: tidemark runs read-only.\n',
			status: 1,
		};
		expect(await run(file, ['migrate', 'down', '--url', '@eu'])).toEqual(refused);
		expect(await run(file, ['migrate', '--url', '@eu'])).toEqual(refused);
		expect(await run(file, ['migrate', 'up', '--url', '@us', '--read-only'])).toEqual(refused);
		const status = await run(file, ['migrate', 'status', '--url', '@eu']);
		expect(status.out).toMatch(/^032\.hourly-tick +applied /m);
		expect(await run(file, ['migrate', 'up', '--url', '@us'])).toEqual({
			out: 'Nothing to do.\n',
			err: '',
			status: 0,
		});
	});

	test('that is not there is told before anything is asked', async () => {
		const { err, status } = await run('{"targets": {"eu": {"host": "h"}}}', ['once', '@us']);
		expect({ err, status }).toEqual({
			err: 'There is no target @us: ~/.config/tidemark/config.jsonc has @eu.\n',
			status: 2,
		});
	});

	test('has times in its own zone', async () => {
		const file = (timeZone: string) => JSON.stringify({ timeZone, targets: { eu: target() } });
		const hours = await Promise.resolve(
			run(file('Asia/Kolkata'), ['@eu']).then(({ out }) => /(\d\d:\d\d):\d\d/.exec(out)?.[1]),
		);
		const there = new Intl.DateTimeFormat('en-GB', {
			timeZone: 'Asia/Kolkata',
			minute: '2-digit',
			hour: '2-digit',
		});
		// The minute may turn between the two looks.
		const times = [Date.now() - 60_000, Date.now()].map((at) => there.format(at));
		expect(times).toContain(hours);
	});
});

test('the alerts and the board have the thresholds of the file', async () => {
	const file = '{"thresholds": {"oldest-ready-task": {"warn": "77s", "critical": "off"}}}';
	const alerts = (await run(file, ['alerts'])).out;
	expect(alerts).toMatch(/oldest_ready[^\n]*>= 77"/);
	expect(alerts).not.toMatch(/tidemark_\w*oldest_ready_seconds[^\n]*>= 900/);
	expect((await run('{"interval": 1}', ['alerts'])).status).toBe(2);
});
