import { execFile } from 'node:child_process';
import { chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { type EmbeddedServer, startEmbedded } from '../../source/demo/embedded.ts';
import { applyMigrations } from './apply-migrations.ts';

/** A primary with the whole schema, and a standby that streams from it. */
export type ReplicaPair = {
	readonly primary: EmbeddedServer;
	readonly standby: EmbeddedServer;
	/** Connection string of the database that both have. */
	url(server: EmbeddedServer): string;
	stop(): Promise<void>;
};

const database = 'replicated';

/**
 * Starts both; the standby begins as a copy of the primary's files, taken while that runs.
 * @param more settings of both servers
 */
export async function startReplicaPair(
	more: Readonly<Record<string, string | number>> = {},
): Promise<ReplicaPair> {
	const folders = await Promise.all(
		['primary', 'standby'].map((name) => mkdtemp(join(tmpdir(), `tidemark-${name}-`))),
	);
	const [ofPrimary = '', ofStandby = ''] = folders;
	const start = (folder: string, settings: Readonly<Record<string, string | number>>) =>
		startEmbedded({
			folder,
			cacheFolder: defaultCacheFolder(),
			isPersistent: true,
			settings: { fsync: 'off', shared_buffers: '32MB', ...more, ...settings },
		});
	const primary = await start(ofPrimary, { wal_level: 'replica' });
	const url = (server: EmbeddedServer) => server.url(database);
	await query(primary.url(), `create database ${database}`);
	await applyMigrations(url(primary));
	await copyRunning(primary, join(ofPrimary, 'cluster'), ofStandby);
	const standby = await start(ofStandby, { hot_standby: 'on' });
	return {
		primary,
		standby,
		url,
		async stop() {
			await standby.stop();
			await primary.stop();
			for (const folder of folders) await rm(folder, { recursive: true, force: true });
		},
	};
}

async function copyRunning(primary: EmbeddedServer, from: string, folder: string): Promise<void> {
	const client = new pg.Client(primary.url());
	await client.connect();
	try {
		await client.query("select pg_backup_start('standby', true)");
		await promisify(execFile)('cp', ['-a', from, folder]);
		const { rows } = await client.query('select labelfile from pg_backup_stop(false)');
		const cluster = join(folder, 'cluster');
		const { hostname, port, username, password } = new URL(primary.url());
		const upstream = `host=${hostname} port=${port} user=${username} password=${password}`;
		const files = {
			backup_label: rows[0].labelfile,
			'standby.signal': '',
			'postgresql.auto.conf': `primary_conninfo = '${upstream}'\n`,
		};
		// As root we write them, and the server's own account must read them.
		const { uid, gid } = await stat(cluster);
		for (const [name, text] of Object.entries(files)) {
			await writeFile(join(cluster, name), text);
			await chown(join(cluster, name), uid, gid);
		}
		await rm(join(cluster, 'postmaster.pid'));
	} finally {
		await client.end();
	}
}

/** One statement on a connection of its own; gives its rows. */
export async function query(url: string, sql: string) {
	const client = new pg.Client(url);
	await client.connect();
	try {
		return (await client.query(sql)).rows;
	} finally {
		await client.end();
	}
}
