import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { type EmbeddedServer, startEmbedded } from '../../source/demo/embedded.ts';
import { startStandby } from '../../source/demo/standby.ts';
import { applyMigrations } from './apply-migrations.ts';

/** A primary with the whole schema, and a standby that streams from it. */
export type ReplicaPair = {
	/** The one that runs, or ran last. */
	readonly primary: EmbeddedServer;
	readonly standby: EmbeddedServer;
	/** Connection string of the database that both have. */
	url(server: EmbeddedServer): string;
	/** Starts a primary that was stopped; the standby knows nothing of its new port. */
	startPrimary(): Promise<void>;
	stop(): Promise<void>;
};

const database = 'replicated';

/**
 * Starts both.
 * @param more settings of both servers
 */
export async function startReplicaPair(
	more: Readonly<Record<string, string | number>> = {},
): Promise<ReplicaPair> {
	const folder = await mkdtemp(join(tmpdir(), 'tidemark-primary-'));
	const cacheFolder = defaultCacheFolder();
	const settings = { fsync: 'off', shared_buffers: '32MB', wal_level: 'replica', ...more };
	const start = () =>
		startEmbedded({
			folder,
			cacheFolder,
			isPersistent: true,
			settings,
		});
	let primary = await start();
	const url = (server: EmbeddedServer) => server.url(database);
	await query(primary.url(), `create database ${database}`);
	await applyMigrations(url(primary));
	const standby = await startStandby({ primary: primary.url(), cacheFolder, settings });
	return {
		get primary() {
			return primary;
		},
		standby,
		url,
		async startPrimary() {
			primary = await start();
		},
		async stop() {
			await standby.stop();
			await primary.stop();
			await rm(folder, { recursive: true, force: true });
		},
	};
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
