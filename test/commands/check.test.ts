import { afterEach, describe, expect, test } from 'vitest';
import { check } from '../../source/commands/check.ts';
import type { Flags } from '../../source/commands/command.ts';
import { queueRows } from '../sql/queue-rows.ts';
import { createDatabase, useDatabase } from '../support/database.ts';
import { startProxy } from '../support/proxy.ts';
import { samplerFolder } from '../support/sampling.ts';
import { runCommand } from './run-command.ts';

const database = useDatabase();
const rows = queueRows(database);
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
	await database.rows('truncate agent_task_queue, agent_runtime, runs, workspace cascade');
});

const checking = (flags: Flags = {}, url = database.url) => runCommand(check, { url, flags });

function own(files: Readonly<Record<string, string>>): Flags {
	const folder = samplerFolder(files);
	cleanups.push(folder.remove);
	return { samplers: [folder.path] };
}

const run = (values: string) =>
	database.rows(`insert into runs (status, queued_at, lease_expires_at) values ${values};
		update runs set run_at = queued_at`);

describe('one line', () => {
	test('is ok where nothing is wrong', async () => {
		const { status, out } = await checking();
		expect(status).toBe(0);
		expect(out).toMatch(
			/^TIDEMARK OK - all clear, \d+ signals \| .*oldest-ready-task=0s;60;900 .*\n$/,
		);
		expect(out.match(/\n/g)).toHaveLength(1);
	});

	test('names the worst first, and what else there is', async () => {
		await rows.task({ status: 'queued', created: '16 m' });
		await rows.task({
			status: 'dispatched',
			dispatched: '90 s',
			runtime: await rows.runtime('1 s'),
		});
		const { status, out } = await checking();
		expect(status).toBe(2);
		expect(out).toMatch(
			/^TIDEMARK CRITICAL - the oldest queued task has waited 16m; [^;]*; a task was dispatched 90s ago and has not started; it fails at 5m \| /,
		);
	});

	test('can be about one pack, panel or signal', async () => {
		await rows.task({ status: 'queued', created: '16 m' });
		expect((await checking({ only: ['rollup'] })).status).toBe(0);
		expect((await checking({ only: ['rollup', 'tasks'] })).status).toBe(2);
		expect((await checking({ only: ['oldest-ready-task'] })).out).toMatch(
			/ \| oldest-ready-task=96\d/,
		);
		const { status, out } = await checking({ only: ['rolup'] });
		expect(status).toBe(3);
		expect(out).toMatch(/^TIDEMARK UNKNOWN - --only is a signal, or one of .*; it is "rolup"\n$/);
	});

	test('is ok of what shows only while it is wrong, where it could be seen and is not', async () => {
		const only = ['rollup-lock-idle', 'rollup-lock-active', 'sampler-failing'];
		const clear = { status: 0, out: 'TIDEMARK OK - all clear, 3 signals\n' };
		expect(await checking({ only })).toMatchObject(clear);
		const holder = await database.client();
		await holder.query('select pg_advisory_lock(4246)');
		await holder.query('select');
		const [idle, active] = await Promise.all(only.map((signal) => checking({ only: [signal] })));
		await holder.end();
		expect([idle?.status, active?.status]).toEqual([2, 0]);
		const flags = own({ wrong: '-- columns: n integer\nselect 1 as m' });
		expect((await checking({ ...flags, only: ['sampler-failing'] })).status).toBe(1);
		const empty = await createDatabase({ template: 'empty' });
		cleanups.push(() => empty.drop());
		expect((await checking({ only: ['rollup-lock-idle'] }, empty.url)).status).toBe(3);
	});

	test('refuses a signal that no single sample tells, and says who does', async () => {
		const signals = ['runtime-heartbeat', 'verify-wrong', 'not-draining', 'dirty-rising'];
		const checked = signals.map((signal) => checking({ only: ['connections', signal] }));
		for (const [at, { status, out }] of (await Promise.all(checked)).entries()) {
			expect(status).toBe(3);
			expect(out).toMatch(
				new RegExp(`^TIDEMARK UNKNOWN - --only can not be ${signals[at]} .*: [^|]*\\n$`),
			);
		}
	});

	test('has no bar and no line end that the database put there', async () => {
		await database.rows('create table trap (id int)');
		cleanups.push(() => database.rows('drop table trap'));
		const flags = own({
			'evil|bar': `-- columns: n integer\nselect ('a|b' || chr(10) || 'c')::int as n from (values (1)) as x`,
		});
		const { status, out } = await checking(flags);
		expect(status).toBe(1);
		expect(out.split('|')).toHaveLength(2);
		expect(out.match(/\n/g)).toHaveLength(1);
	});
});

describe('what must last on the screen', () => {
	test('is an age held against both', async () => {
		await rows.runtime('1 s');
		await rows.task({ status: 'queued', created: '170 s' });
		expect((await checking({ only: ['oldest-ready-task'] })).status).toBe(0);
		await rows.task({ status: 'queued', created: '185 s' });
		expect((await checking({ only: ['oldest-ready-task'] })).status).toBe(1);
	});

	test('is a warning, unless the age of what waits proves it', async () => {
		await run(`('QUEUED', now() - interval '4 minutes', null)`);
		expect((await checking({ only: ['no-active-lease'] })).status).toBe(1);
		await run(`('QUEUED', now() - interval '6 minutes', null)`);
		expect((await checking({ only: ['no-active-lease'] })).status).toBe(2);
		await run(`('RUNNING', now(), now() + interval '1 minute')`);
		expect((await checking({ only: ['no-active-lease'] })).status).toBe(0);
		await run(`('RUNNING', now(), now() - interval '20 seconds')`);
		expect((await checking({ only: ['expired-leases-remain'] })).status).toBe(1);
		expect((await checking({ only: ['expired-lease'] })).status).toBe(0);
	});
});

describe('unknown', () => {
	test('is a database that can not be reached, and one with nothing of ours', async () => {
		const refused = await checking({}, 'postgres://nobody:secret@127.0.0.1:1/nothing');
		expect(refused.status).toBe(3);
		expect(refused.out).toMatch(/^TIDEMARK UNKNOWN - Connection refused by 127\.0\.0\.1:1 /);
		expect(refused.out).not.toContain('secret');
		const empty = await createDatabase({ template: 'empty' });
		cleanups.push(() => empty.drop());
		const nothing = await checking({}, empty.url);
		expect(nothing.status).toBe(3);
		expect(nothing.out).toMatch(/^TIDEMARK UNKNOWN - no queue and no rollup in this database/);
		expect((await checking({ only: ['database'] }, empty.url)).status).toBe(0);
	});

	test('is a server that does not answer, told in time', async () => {
		const proxy = await startProxy(database.url);
		cleanups.push(() => proxy.close());
		proxy.freeze();
		const started = performance.now();
		const { status, out } = await runCommand((context) => check(context, 500), { url: proxy.url });
		expect(status).toBe(3);
		expect(out).toMatch(/^TIDEMARK UNKNOWN - /);
		expect(performance.now() - started).toBeLessThan(2000);
	});
});

describe('--self', () => {
	test('is ok where everything works', async () => {
		const { status, out } = await checking({ self: true });
		expect(status).toBe(0);
		expect(out).toMatch(
			/^catalog {3}\d+ samplers in 4 packs\nsamplers {2}\d+ ran inside their bounds, the slowest \S+ in \S+, \d+ not in this database\nmetrics {3}\d{3} series of \d+ metrics, in both formats\nOK {8}\S+, Postgres .+, as \S+\n$/,
		);
	});

	test('finds a sampler over its bound, and one that fails', async () => {
		const flags = own({
			slow: '-- timeout: 50ms\n-- columns: n text\nselect pg_sleep(5)::text as n',
			wrong: '-- columns: n integer\nselect 1 as m',
		});
		const { status, out } = await checking({ ...flags, self: true });
		expect(status).toBe(2);
		expect(out).toMatch(/CRITICAL {2}own\/slow: cancelled by the server after its limit of 50 ms/);
		expect(out).toMatch(
			/CRITICAL {2}own\/wrong: .*the header promises n, which the query does not return/,
		);
	});

	test('finds faults of the catalog and of the metrics, by file', async () => {
		const catalog = await checking({
			...own({ bad: '-- colums: n integer\nselect 1 as n' }),
			self: true,
		});
		expect(catalog.status).toBe(2);
		expect(catalog.out).toMatch(/^CRITICAL {2}\S+bad\.sql:3: there is no key "colums"/m);
		const metrics = await checking({
			...own({
				bad: '-- columns: n integer\n-- metric: tidemark_up\n-- value: n\n-- help: x\nselect 1 as n',
			}),
			self: true,
		});
		expect(metrics.status).toBe(2);
		expect(metrics.out).toMatch(
			/CRITICAL {2}\S+bad\.sql: the metric tidemark_up is one of tidemark itself/,
		);
	});

	test('warns of a role that may not read what is here', async () => {
		await database.rows(`create role check_blind login password 'blind'`);
		cleanups.push(() => database.rows('drop role check_blind'));
		const url = new URL(database.url);
		url.username = 'check_blind';
		url.password = 'blind';
		const { status, out } = await checking({ self: true }, url.href);
		expect(status).toBe(1);
		expect(out).toMatch(/WARNING {3}lease\/ready: no privilege: GRANT SELECT ON runs to this role/);
		expect(out).toMatch(/WARNING {3}no queue and no rollup in this database that it may read/);
	});
});
