import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { type EmbeddedServer, startEmbedded } from '../../source/demo/embedded.ts';
import { testSettings } from '../support/server.ts';
import { sample } from './catalog.ts';

const servers: EmbeddedServer[] = [];
const clients: pg.Client[] = [];
let folder: string;
let leader: EmbeddedServer;
let primary: pg.Client;
let standby: pg.Client;

async function start(name: string): Promise<EmbeddedServer> {
	const server = await startEmbedded({
		folder: join(folder, name),
		cacheFolder: defaultCacheFolder(),
		isPersistent: true,
		settings: { ...testSettings, shared_buffers: '16MB', max_prepared_transactions: 2 },
	});
	servers.push(server);
	return server;
}

async function connected(server: EmbeddedServer): Promise<pg.Client> {
	const client = new pg.Client({ connectionString: server.url() });
	client.on('error', () => {});
	await client.connect();
	clients.push(client);
	return client;
}

// A stopped cluster is copied, and the copy told to follow.
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'tidemark-standby-'));
	await promisify(execFile)('chmod', ['755', folder]);
	await (await start('primary')).stop();
	await promisify(execFile)('cp', ['-a', join(folder, 'primary'), join(folder, 'standby')]);
	leader = await start('primary');
	const copy = join(folder, 'standby', 'cluster');
	await writeFile(join(copy, 'standby.signal'), '');
	await appendFile(
		join(copy, 'postgresql.auto.conf'),
		`primary_conninfo = '${leader.url()}'\nhot_standby = on\n`,
	);
	primary = await connected(leader);
	standby = await connected(await start('standby'));
});
afterAll(async () => {
	await Promise.all(clients.map((client) => client.end().catch(() => {})));
	for (const server of servers.toReversed()) await server.stop();
	await rm(folder, { recursive: true, force: true });
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
