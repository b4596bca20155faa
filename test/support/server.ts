import { randomBytes } from 'node:crypto';
import { existsSync, statfsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { startEmbedded } from '../../source/demo/embedded.ts';

/** The one server of a test run. */
export interface TestServer {
	/** Connection string of a role that may create databases and roles. */
	readonly url: string;
	/** Begins the name of every database of this run. */
	readonly prefix: string;
	stop(): Promise<void>;
}

/** Settings for speed: nothing in a test's database is worth a disk write. */
export const testSettings = {
	fsync: 'off',
	synchronous_commit: 'off',
	full_page_writes: 'off',
	shared_buffers: '64MB',
	max_connections: 100,
	autovacuum: 'off',
	max_wal_size: '2GB',
	track_io_timing: 'off',
	max_prepared_transactions: 4,
	shared_preload_libraries: 'pg_stat_statements',
} as const;

/**
 * Starts the server the environment asks for:
 * `TEST_DATABASE_URL` a running one (a superuser's URL), `TIDEMARK_TEST_ENGINE=docker` a container,
 * else an embedded one. What can't be had fails the run.
 */
export async function startTestServer(): Promise<TestServer> {
	const prefix = `tidemark_test_${randomBytes(4).toString('hex')}`;
	const { TEST_DATABASE_URL: given, TIDEMARK_TEST_ENGINE: engine = 'embedded' } = process.env;
	if (given) return { url: given, prefix, stop: async () => {} };
	if (engine === 'docker') {
		// Loaded only when asked for: it brings an engine's whole client.
		const { startPostgresContainer } = await import('./docker/container.ts');
		return { prefix, ...(await startPostgresContainer(testSettings, defaultCacheFolder())) };
	}
	if (engine !== 'embedded') throw new Error(`TIDEMARK_TEST_ENGINE=${engine} is not known.`);
	const server = await startEmbedded({
		folder: await mkdtemp(join(roomiest(), 'tidemark-test-')),
		cacheFolder: defaultCacheFolder(),
		isPersistent: false,
		settings: testSettings,
	});
	return { url: server.url(), prefix, stop: server.stop };
}

/** In memory where there is much room: hundreds of databases come and go, and each costs the disk a flush. */
function roomiest(): string {
	const memory = '/dev/shm';
	if (!existsSync(memory)) return tmpdir();
	const { bavail, bsize } = statfsSync(memory);
	return bavail * bsize > 4 * 2 ** 30 ? memory : tmpdir();
}
