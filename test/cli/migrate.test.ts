import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { migrate } from '../../source/migrate/migrate.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase({ template: 'empty' });

test('ctrl-c ends an index build that waits for somebody, and the next run goes on', async () => {
	await migrate({ connection: database.url, direction: 'up', to: 3 });
	const writer = await database.client();
	await writer.query('begin; lock table task_usage in row exclusive mode');
	const run = spawn(process.execPath, ['dist/tidemark.js', 'migrate', '--url', database.url], {
		env: { PATH: process.env.PATH, HOME: tmpdir() },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const told = Promise.all([text(run.stdout), text(run.stderr)]);
	const ended = once(run, 'exit');
	const atWork = () =>
		database.rows(
			`select wait_event_type from pg_stat_activity where application_name = 'tidemark-migrate' and datname = current_database()`,
		);
	await vi.waitUntil(async () => (await atWork())[0]?.wait_event_type === 'Lock', 20_000);
	run.kill('SIGINT');
	expect(await ended).toEqual([130, null]);
	expect((await told).join('')).toMatch(
		/Migration 004\S* up failed: canceling statement due to user request\. Run it again to go on/,
	);
	await vi.waitUntil(async () => (await atWork()).length === 0, 20_000);
	await writer.query('rollback');
	expect((await migrate({ connection: database.url, direction: 'up' })).at(0)).toMatch(/^004/);
});
