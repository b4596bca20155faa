import { afterEach, expect, test } from 'vitest';
import { queueRows } from '../../sql/queue-rows.ts';
import { useDatabase } from '../../support/database.ts';
import { driveConsole, type Rendered, renderOnScreen } from '../../support/render.ts';
import { composeFor } from '../../support/sampling.ts';
import type { Screen } from '../../support/screen.ts';
import { environment } from '../fixtures.ts';

// The lists by keys on a real database.

const database = useDatabase();
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function start(columns = 100, rows = 30): Rendered {
	const parts = composeFor(database.url, { interval: '1s' });
	const { context } = driveConsole(parts.monitor.current(), environment);
	const live = { report: parts.monitor, reader: parts.readerWatch, now: Date.now };
	const app = renderOnScreen({ ...context, ...live }, columns, rows);
	parts.loop.start();
	cleanups.push(
		() => parts.stop(),
		() => app.console.unmount(),
	);
	return app;
}

const selectedRow = ({ text }: Screen) => text.match(/(\d+) of \d+/)?.[1];

test('tasks by keys: pages, selection, detail, filter, and a server that goes away', async () => {
	const { task } = queueRows(database);
	await database.rows(`update agent set name = 'harm' || chr(27) || '[2J' || 'less'`);
	const ids: string[] = [];
	for (let n = 0; n < 3; n += 1) {
		ids.push(await task({ status: 'running', started: `${9 - n} minutes` }));
	}
	await database.rows(`insert into task_usage (task_id, provider, model, input_tokens)
		select '${ids[1]}', 'claude', 'claude-large', 9007199254740993`);
	const [second = ''] = ids.slice(1);

	const app = start();
	await app.waitFor(({ text }) => text.includes('1 Tasks'));
	await app.press('1\r');
	await app.waitFor(({ text }) => text.includes('1 of 3'));
	// A longer running task comes in above: the selection goes down with its row, before any key too.
	await task({ status: 'running', started: '15 minutes' });
	await app.waitFor((screen) => selectedRow(screen) === '2');
	await app.press('j');
	expect(selectedRow(await app.screen())).toBe('3');
	await task({ status: 'running', started: '20 minutes' });
	await app.waitFor((screen) => selectedRow(screen) === '4');
	await app.press('\r');
	const detail = await app.waitFor(({ text }) => text.includes('9,007,199,254,740,993'));
	expect(detail.text).toContain(`task ${second}`);
	const before = app.chunks.length;
	await app.press('y');
	expect(app.chunks.slice(before).join('')).toContain('\x1b]52;c;');
	await app.press('\x1b');
	await app.waitFor((screen) => selectedRow(screen) === '4');

	await app.press(`/${second.slice(0, 8)}\r`);
	await app.waitFor(({ text }) => text.includes('1 of 1 (5 in all)'));
	await app.press('\x1b');

	// The connection is cut: what was known stays, and the list comes back by itself.
	const elsewhere = await database.client({ database: 'postgres' });
	await elsewhere.query(`alter database ${database.name} allow_connections false`);
	const cut = `select pg_terminate_backend(pid) from pg_stat_activity
		where application_name = 'tidemark' and datname = current_database()`;
	await database.rows(cut);
	const stale = await app.waitFor(({ text }) => /◌ \d+s old/.test(text));
	expect(stale.text).toContain(second.slice(0, 8));
	await elsewhere.query(`alter database ${database.name} allow_connections true`);
	await app.press('R');
	await app.waitFor(({ text }) => text.includes('of 5') && !/◌ \d+s old/.test(text));
}, 60_000);

test('every list and its first detail is had from a real server, and none fails', async () => {
	const { task } = queueRows(database);
	for (const status of ['queued', 'failed', 'dispatched']) {
		await task({ status, created: '1 hour', completed: '1 minute', dispatched: '3 minutes' });
	}
	await database.rows(
		`insert into runs (status, lease_owner, lease_expires_at) values ('RUNNING', 'w1', now() - interval '1 minute')`,
	);
	await database.rows(
		`insert into agent_runtime (workspace_id, name, last_seen_at) select id, 'gone', now() - interval '1 hour' from workspace limit 1`,
	);
	const app = start(140, 40);
	await app.waitFor(({ text }) => text.includes('1 Tasks'));
	const isSettled = ({ text }: Screen) => !text.includes('asking the server');
	const isList = ({ text }: Screen) => text.includes('enter detail');
	const seen = new Map<string, string>();
	for (const [name, keys] of [
		['oldest ready', '1\r\x1b[C'],
		['stuck', '\x1b[C'],
		['failing', '\x1b[C'],
		['silent', '2'],
		['held', '6'],
		['by worker', '\x1b[C'],
		['workspaces', '5'],
		['Database', 'D'],
	] as const) {
		await app.press(keys);
		const list = await app.waitFor((screen) => isSettled(screen) && isList(screen));
		seen.set(name, list.text);
		await app.press('\r');
		const detail = await app.waitFor((screen) => isSettled(screen) && !isList(screen));
		expect(detail.text, name).not.toMatch(
			/no longer|failed:|is not \w+ as promised|header promises/,
		);
		await app.press('\x1b');
		await app.waitFor(isList);
	}
	expect(seen.get('held')).toContain('w1');
	expect(seen.get('silent')).toContain('gone');
}, 60_000);
