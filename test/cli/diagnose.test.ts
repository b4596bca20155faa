import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { rollupRows } from '../health/diagnosis/rollup-rows.ts';
import { useDatabase } from '../support/database.ts';
import { openPty } from '../support/pty.ts';
import { whenQuery } from '../support/when-query.ts';

const database = useDatabase();
const rollups = rollupRows(database);

test('a lock that leaks comes on the screen by itself, and d says what to do: that mends it', async () => {
	await rollups.usage('30 minutes');
	await rollups.level();
	await using pty = openPty(
		process.execPath,
		['dist/tidemark.js', '--interval', '250ms', database.url],
		{
			columns: 120,
			rows: 40,
			env: { PATH: process.env.PATH, HOME: tmpdir(), LANG: 'C.UTF-8', TZ: 'UTC' },
		},
	);
	await pty.waitFor(({ text }) => text.includes('● all clear'));

	const holder = await database.client({ application_name: 'multica-server' });
	const { rows } = await holder.query('select pg_backend_pid() as pid, pg_advisory_lock(4246)');
	await holder.query('select 1');
	const { pid } = rows[0];
	// How soon is measured by `npm run bench:faults`.
	await pty.waitFor(({ text }) =>
		text.includes(`hourly rollup blocked: pid ${pid} (multica-server)`),
	);

	pty.press('d');
	const { text } = await pty.waitFor((screen) => screen.text.includes('pg_terminate_backend'));
	expect(text).toMatch(/✖ hourly rollup is blocked: pid \d+ \(multica-server\), idle for \d+s/);
	expect(text).toContain('this is certain');
	expect(text).toContain('tidemark tick --pipeline hourly');
	const [statement] = /select pg_terminate_backend\(\d+\);/.exec(text) ?? [''];
	await database.rows(statement);
	// The server has then told the session to end; what counts is that it has let go.
	await whenQuery(database.url, `select not exists (select from pg_locks where pid = ${pid})`);
	pty.press('R');
	await pty.waitFor((screen) => screen.text.includes('● nothing is wrong'));
	pty.press('d');
	await pty.waitFor((screen) => screen.text.includes('● all clear'));
});
