import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EmbeddedServer } from '../../source/demo/embedded.ts';
import { type ReplicaPair, startReplicaPair } from '../support/standby.ts';
import { sample } from './catalog.ts';

const clients: pg.Client[] = [];
let pair: ReplicaPair | undefined;
let leader: EmbeddedServer;
let primary: pg.Client;
let standby: pg.Client;

async function connected(url: string): Promise<pg.Client> {
	const client = new pg.Client({ connectionString: url });
	client.on('error', () => {});
	await client.connect();
	clients.push(client);
	return client;
}

beforeAll(async () => {
	pair = await startReplicaPair({ max_prepared_transactions: 2 });
	leader = pair.primary;
	primary = await connected(pair.url(leader));
	standby = await connected(pair.url(pair.standby));
});
afterAll(async () => {
	await Promise.all(clients.map((client) => client.end().catch(() => {})));
	await pair?.stop();
});

/** Resolves when the standby shows what `sql` asks for. */
async function until(sql: string) {
	for (;;) {
		const { rows } = await standby.query(`select (${sql}) as holds`);
		if (rows[0].holds) return;
	}
}

const lag = async () => {
	const [row] = await sample(standby, 'database/server');
	expect(row?.is_standby).toBe(true);
	return Number(row?.replay_lag_seconds);
};

test('a prepared transaction is one, and holds its locks, though no session is behind it', async () => {
	await primary.query('begin');
	await primary.query('select pg_advisory_xact_lock(4246)');
	await primary.query(`prepare transaction 'left behind'`);
	const [{ age }] = (
		await primary.query(
			'select extract(epoch from now() - prepared)::float8 as age from pg_prepared_xacts',
		)
	).rows;
	const [lock] = await sample(primary, 'rollup/hourly-lock');
	const [server] = await sample(primary, 'database/server');
	await primary.query(`rollback prepared 'left behind'`);
	expect(lock).toMatchObject({ is_held: true, holder_pid: null, held_seconds: null });
	expect(Number(server?.oldest_transaction_seconds)).toBeGreaterThan(age);
});

test('a standby that has all there is has no lag, however quiet the primary', async () => {
	await primary.query('create table written (n int)');
	await until(`select to_regclass('written') is not null`);
	await until('select pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()');
	expect(await lag()).toBe(0);
});

test('a standby that replays late is behind by the age of what it replayed last', async () => {
	await standby.query('select pg_wal_replay_pause()');
	await until(`select pg_get_wal_replay_pause_state() = 'paused'`);
	await primary.query('insert into written values (1)');
	await until('select pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()');
	expect(await lag()).toBeGreaterThan(0);
	await standby.query('select pg_wal_replay_resume()');
	await until('select pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()');
	expect(await lag()).toBe(0);
});

test('cut off from its primary, it does not take what it has for all there is', async () => {
	await leader.stop();
	await until('select not exists (select from pg_stat_wal_receiver)');
	expect(await lag()).toBeGreaterThan(0);
});
