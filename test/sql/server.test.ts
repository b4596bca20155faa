import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { sample } from './catalog.ts';

const database = useDatabase({ template: 'empty' });
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

const server = async (reader: pg.Client) => (await sample(reader, 'database/server'))[0];

test('a primary has no replay lag', async () => {
	const [{ limit }] = await database.rows(
		`select current_setting('max_connections')::int as limit`,
	);
	const started = await database.rows('select pg_postmaster_start_time() as at');
	expect(await server(client)).toEqual({
		is_standby: false,
		replay_lag_seconds: null,
		connections: expect.any(Number),
		max_connections: limit,
		oldest_transaction_seconds: expect.any(Number),
		hidden_sessions: 0,
		started_at: started[0].at.getTime(),
	});
});

test('a plain role counts all connections too, and says what is hidden from it', async () => {
	const [{ sessions }] = await database.rows(
		`select count(*)::int as sessions from pg_stat_activity where backend_type = 'client backend'`,
	);
	expect(sessions).toBeGreaterThan(2);
	const row = await server(plain);
	// Other files come and go on the same server.
	expect(Number(row?.connections)).toBeGreaterThanOrEqual(3);
	expect(Number(row?.hidden_sessions)).toBeGreaterThanOrEqual(2);
	expect(Number(row?.hidden_sessions)).toBeLessThan(Number(row?.connections));
});

test('the oldest transaction is another one than ours; hidden from a plain role, it is unknown', async () => {
	const idle = await database.client();
	const younger = await database.client();
	for (const each of [idle, younger]) await each.query('begin');
	for (const each of [idle, younger]) await each.query('select 1');
	const [{ age }] = await database.rows(
		`select extract(epoch from now() - min(xact_start))::float8 as age from pg_stat_activity where state = 'idle in transaction' and datname = current_database()`,
	);
	const seen = Number((await server(client))?.oldest_transaction_seconds);
	expect(seen).toBeGreaterThanOrEqual(age);
	expect((await server(plain))?.oldest_transaction_seconds).toBeNull();
	const own = await database.client({ user: role, password });
	await own.query('begin');
	await own.query('select 1');
	expect((await server(plain))?.oldest_transaction_seconds).toEqual(expect.any(Number));
	for (const each of [own, idle, younger]) await each.end();
});
