import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { useDatabase } from '../support/database.ts';
import type { Screen } from '../support/screen.ts';
import { isLive, isLost, keyLatencyMs, longestKeyMs, openConsole } from './open-console.ts';

const database = useDatabase();
const role = `watcher_${randomBytes(4).toString('hex')}`;
let url: URL;

beforeAll(async () => {
	// Connections of their own: one test throws all others out.
	const admin = await database.client();
	await admin.query(`create role ${role} login password 'w'`);
	await admin.query(`grant select on all tables in schema public to ${role}`);
	url = new URL(database.url);
	url.username = role;
	url.password = 'w';
});
afterAll(async () => {
	const admin = await database.client();
	await admin.query(`drop owned by ${role}; drop role ${role}`);
});

/** The title of the tasks' panel while something in it is old or failed. */
const tasksFailed = /1 Tasks ─+ ◌/;

const flags = ['--interval', '500ms'];

it('a table under ACCESS EXCLUSIVE lock: said, and the rest goes on', async () => {
	await using pty = openConsole(url.href, { flags });
	await pty.waitFor(isLive);
	const admin = await database.client();
	await admin.query('begin; lock table agent_task_queue in access exclusive mode');
	await pty.waitFor(
		({ text }) => text.includes('a lock kept it waiting') && tasksFailed.test(text),
	);
	expect(await keyLatencyMs(pty)).toBeLessThan(longestKeyMs);
	await pty.waitFor(isLive);
	await admin.query('commit');
	await pty.waitFor((screen) => isLive(screen) && !tasksFailed.test(screen.text));
});

it.each([
	[
		'a table that goes away and comes back',
		'1',
		'alter table agent_task_queue rename to gone',
		'alter table gone rename to agent_task_queue',
		/not in this database: .*1 Tasks/,
	],
	[
		'a column renamed, and back',
		'2',
		'alter table agent_runtime rename last_seen_at to seen',
		'alter table agent_runtime rename seen to last_seen_at',
		/not in this database: .*2 Runtimes/,
	],
	[
		'a grant revoked and given back',
		'2',
		'revoke select on agent_runtime from ROLE',
		'grant select on agent_runtime to ROLE',
		/(all clear in what this role may read|may not read what \d+ samplers need)[\s\S]*2 Runtimes ─+ ◌ no privilege[\s\S]*GRANT SELECT ON agent_runtime/,
	],
])('%s', async (_, panel, change, back, isSaid) => {
	await using pty = openConsole(url.href, { flags });
	const isWhole = (screen: Screen) =>
		isLive(screen) && screen.text.includes(`╭ ${panel} `) && !isSaid.test(screen.text);
	await pty.waitFor(isWhole);
	await database.rows(change.replace('ROLE', role));
	await pty.waitFor(({ text }) => isSaid.test(text));
	await database.rows(back.replace('ROLE', role));
	// What exists is looked up twice a minute, and at once for the one who mended it.
	pty.press('R');
	await pty.waitFor(isWhole);
	pty.press('q');
	expect(await pty.exited()).toMatchObject({ exitCode: 0 });
});

it('a database renamed under it, and named back', async () => {
	await using pty = openConsole(url.href, { flags });
	await pty.waitFor(isLive);
	const admin = await database.client({ database: 'postgres' });
	await admin.query(`alter database ${database.name} with allow_connections false`);
	await admin.query(
		`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database.name}' and usename = '${role}'`,
	);
	await pty.waitFor(isLost(/Not let in/));
	await admin.query(
		`select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '${database.name}'`,
	);
	await admin.query(`alter database ${database.name} rename to ${database.name}_away`);
	await pty.waitFor(isLost(/No such database/));
	await admin.query(`alter database ${database.name}_away rename to ${database.name}`);
	await admin.query(`alter database ${database.name} with allow_connections true`);
	await pty.waitFor(isLive);
});
