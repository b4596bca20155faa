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
	waiters: 0,
	longest_wait_seconds: null,
};

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
			held_seconds: expect.any(Number),
			holder_idle_seconds: row?.state_seconds,
		});
		expect(await sample(plain, id)).toEqual([
			{ ...seen, held_seconds: null, holder_idle_seconds: null },
		]);
		await holder.end();
		await until(`select not exists (select from pg_locks where pid = ${pid})`);
	});

	test('held by an open transaction since it began, with others waiting', async () => {
		const holder = await database.client();
		await holder.query('begin');
		await holder.query(`select pg_advisory_xact_lock(${lock})`);
		const waiter = await database.client();
		const waiting = waiter.query(`select pg_advisory_lock(${lock})`);
		await until(
			`select count(*) = 1 from pg_locks where locktype = 'advisory' and objid = ${lock} and waitstart is not null`,
		);
		for (const reader of [client, plain]) {
			expect((await sample(reader, id))[0]).toMatchObject({
				is_held: true,
				waiters: 1,
				longest_wait_seconds: expect.any(Number),
			});
		}
		const [row] = await sample(client, id);
		expect(row?.holder_state).toBe('idle in transaction');
		expect(Number(row?.held_seconds)).toBeGreaterThan(Number(row?.longest_wait_seconds));
		await holder.end();
		await waiting;
		await waiter.end();
		await until(`select not exists (select from pg_locks where locktype = 'advisory')`);
	});

	test('the same number in another database, or as a pair of keys, is another lock', async () => {
		const other = await elsewhere.client();
		await other.query(`select pg_advisory_lock(${lock})`);
		const pair = await database.client();
		await pair.query(`select pg_advisory_lock(0, ${lock})`);
		expect(await sample(client, id)).toEqual([{ pipeline: name, ...free }]);
		await other.end();
		await pair.end();
	});
});
