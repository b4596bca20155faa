import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { sample } from './catalog.ts';
import { pipelines } from './pipeline-tables.ts';

const database = useDatabase({ template: 'empty' });
const elsewhere = useDatabase({ template: 'empty' });
const role = `tidemark_plain_${randomBytes(4).toString('hex')}`;
const password = randomBytes(12).toString('hex');
let client: pg.Client;
let plain: pg.Client;

beforeAll(async () => {
	client = await database.client();
	await client.query(`create role ${role} login password '${password}'`);
	plain = await database.client({ user: role, password });
});
afterAll(async () => {
	await plain.end();
	await client.query(`drop role ${role}`);
});

const free = {
	is_held: false,
	holder_pid: null,
	holder_application: null,
	holder_user: null,
	holder_state: null,
	holder_query: null,
	state_seconds: null,
	held_seconds: 0,
	holder_idle_seconds: 0,
	is_helped: null,
	waiters: 0,
	longest_wait_seconds: null,
};

const windowFunctions = {
	hourly: 'rollup_task_usage_hourly_window',
	daily: 'rollup_task_usage_daily_window',
	dashboard: 'rollup_task_usage_dashboard_daily_window',
} as const;

/** Of this database only: other files use the same server. */
const here = `locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`;

/** Resolves when the server shows what `sql` asks for. */
async function until(sql: string) {
	for (;;) {
		const { rows } = await client.query(`select (${sql}) as holds`);
		if (rows[0].holds) return;
	}
}

describe.each(pipelines)('the lock of $name', ({ name, lock }) => {
	const id = `rollup/${name}-lock`;

	test('free', async () => {
		expect(await sample(client, id)).toEqual([{ pipeline: name, ...free }]);
	});

	test('held by an idle session, which a plain role sees too, but not since when', async () => {
		const holder = await database.client({ application_name: 'multica-server' });
		const { rows } = await holder.query(
			`select pg_advisory_lock(${lock}), pg_backend_pid() as pid`,
		);
		const pid = rows[0].pid;
		await until(`select state = 'idle' from pg_stat_activity where pid = ${pid}`);
		const seen = {
			...free,
			pipeline: name,
			is_held: true,
			holder_pid: pid,
			holder_application: 'multica-server',
			holder_user: expect.any(String),
		};
		const [row] = await sample(client, id);
		expect(row).toEqual({
			...seen,
			holder_state: 'idle',
			holder_query: expect.stringContaining('pg_advisory_lock'),
			state_seconds: expect.any(Number),
			held_seconds: row?.state_seconds,
			holder_idle_seconds: row?.state_seconds,
			is_helped: false,
		});
		expect(Number(row?.state_seconds)).toBeGreaterThan(0);
		expect(await sample(plain, id)).toEqual([
			{ ...seen, held_seconds: null, holder_idle_seconds: null },
		]);
		await holder.end();
		await until(`select not exists (select from pg_locks where pid = ${pid})`);
	});

	test('held by an idle session while another of its client works for it, and rests', async () => {
		const application_name = 'backfill';
		const holder = await database.client({ application_name });
		await holder.query(`select pg_advisory_lock(${lock})`);
		const worker = await database.client({ application_name });
		const stranger = await database.client({ application_name: 'multica-server' });
		const isHelped = async () => (await sample(client, id))[0]?.is_helped;
		await worker.query('select 1');
		await stranger.query('begin; commit');
		expect(await isHelped()).toBe(false);
		await worker.query('begin');
		await worker.query(`select '${windowFunctions[name]}'`);
		expect(await isHelped()).toBe(true);
		const [row] = await sample(client, id);
		expect(row?.holder_idle_seconds).toBe(0);
		expect(Number(row?.held_seconds)).toBeGreaterThan(0);
		expect((await sample(plain, id))[0]?.is_helped).toBe(null);
		await worker.query('commit');
		expect(await isHelped()).toBe(true);
		// A pooled connection that did anything but take the lock has no claim to others' commits.
		await holder.query('select 1');
		expect(await isHelped()).toBe(false);
		for (const each of [holder, worker, stranger]) await each.end();
		await until(`select not exists (select from pg_locks where ${here})`);
	});

	test('held by an open transaction since it began, with others waiting', async () => {
		const holder = await database.client();
		await holder.query('begin');
		await holder.query(`select pg_advisory_xact_lock(${lock})`);
		const waiters = [await database.client(), await database.client()];
		const waiting: Promise<unknown>[] = [];
		for (const waiter of waiters) {
			waiting.push(waiter.query(`select pg_advisory_xact_lock(${lock})`));
			await until(`select count(*) = ${waiting.length} from pg_locks
				where ${here} and objid = ${lock} and waitstart is not null`);
		}
		const [{ seconds }] = await database.rows(
			`select extract(epoch from now() - min(waitstart))::float8 as seconds from pg_locks where ${here}`,
		);
		for (const reader of [client, plain]) {
			const [row] = await sample(reader, id);
			expect(row).toMatchObject({ is_held: true, waiters: 2 });
			expect(Number(row?.longest_wait_seconds)).toBeGreaterThan(seconds);
		}
		const [row] = await sample(client, id);
		expect(row?.holder_state).toBe('idle in transaction');
		expect(Number(row?.held_seconds)).toBeGreaterThan(Number(row?.longest_wait_seconds));
		await holder.end();
		await Promise.all(waiting);
		for (const waiter of waiters) await waiter.end();
		await until(`select not exists (select from pg_locks where ${here})`);
	});

	test('another number, another database or a pair of keys is another lock', async () => {
		const other = await elsewhere.client();
		await other.query(`select pg_advisory_lock(${lock})`);
		const pair = await database.client();
		await pair.query(`select pg_advisory_lock(0, ${lock})`);
		for (const each of pipelines) {
			if (each.lock !== lock) await pair.query(`select pg_advisory_lock(${each.lock})`);
		}
		expect(await sample(client, id)).toEqual([{ pipeline: name, ...free }]);
		await other.end();
		await pair.end();
	});
});
