import { execFile } from 'node:child_process';
import { accessSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from '../../source/demo/binaries.ts';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { findOldBinaries, oldFolder, oldRelease } from '../../source/demo/old-postgres.ts';

/** Debian's server, where its pg_cron is loaded. */
export const debianPostgres: Binaries = {
	root: '/usr/lib/postgresql/15',
	version: '15',
	missingLinks: [],
};

/** Gets the old server by npm, and says in one sentence what it cannot get. */
export async function setup(): Promise<void> {
	try {
		accessSync(join(debianPostgres.root, 'bin/postgres'));
		accessSync(join(debianPostgres.root, 'lib/pg_cron.so'));
	} catch (cause) {
		throw new Error(
			'These tests need Debian’s PostgreSQL 15 with pg_cron: apt-get install --no-install-recommends postgresql-15-cron',
			{ cause },
		);
	}
	const cacheFolder = defaultCacheFolder();
	await findOldBinaries(cacheFolder).catch(async () => {
		const folder = oldFolder(cacheFolder);
		await mkdir(folder, { recursive: true });
		const flags = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts'];
		await promisify(execFile)('npm', ['install', '--prefix', folder, ...flags, oldRelease]);
	});
}
