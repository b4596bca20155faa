import { execFile } from 'node:child_process';
import { chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withClient } from './connection.ts';
import { type EmbeddedServer, startEmbedded } from './embedded.ts';

/** How to run a standby. */
export interface StandbyOptions {
	/** Connection string of a superuser of the primary, an embedded server with `wal_level` replica. */
	readonly primary: string;
	/** Where binaries are put that the server's account could not reach otherwise. */
	readonly cacheFolder: string;
	/** Server settings; `max_connections` and its like must not be less than the primary's. */
	readonly settings: Readonly<Record<string, string | number>>;
}

/**
 * Starts a server that streams from another embedded one. It begins as a copy of the primary's files, taken
 * while that runs, in a folder of its own that goes when it stops. The primary's password is its own too.
 */
export async function startStandby(options: StandbyOptions): Promise<EmbeddedServer> {
	const folder = await mkdtemp(join(tmpdir(), 'tidemark-standby-'));
	try {
		await copyRunning(options.primary, folder);
		return await startEmbedded({
			folder,
			cacheFolder: options.cacheFolder,
			isPersistent: false,
			settings: { ...options.settings, hot_standby: 'on' },
		});
	} catch (error) {
		await rm(folder, { recursive: true, force: true });
		throw error;
	}
}

async function copyRunning(primary: string, folder: string): Promise<void> {
	const cluster = join(folder, 'cluster');
	const label = await withClient(primary, async (client) => {
		const { rows: known } = await client.query(`select current_setting('data_directory') as path`);
		await client.query("select pg_backup_start('standby', true)");
		await promisify(execFile)('cp', ['-a', known[0].path, cluster]);
		const { rows } = await client.query('select labelfile from pg_backup_stop(false)');
		return rows[0].labelfile;
	});
	const { hostname, port, username, password } = new URL(primary);
	const upstream = `host=${hostname} port=${port} user=${username} password=${password}`;
	const files = {
		backup_label: label,
		'standby.signal': '',
		'postgresql.auto.conf': `primary_conninfo = '${upstream}'\n`,
	};
	// As root we write them, and the server's own account must read them.
	const { uid, gid } = await stat(cluster);
	for (const [name, text] of Object.entries(files)) {
		await writeFile(join(cluster, name), text, { mode: 0o600 });
		await chown(join(cluster, name), uid, gid);
	}
	await rm(join(cluster, 'postmaster.pid'));
}
