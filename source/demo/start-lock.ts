import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedError } from './embedded-error.ts';
import { waitUntil } from './postmaster.ts';

/** A start takes seconds; a lock older than this was left by one that was killed. */
const longestStartMs = 60_000;

/**
 * Lets one start at a time look at `folder` and change it: between finding no server there and
 * having one, a second start would find the first one's half-made cluster, or its server unguarded.
 *
 * @throws EmbeddedError `in-use` when another start doesn't come to an end
 */
export async function withStartLock<Result>(
	folder: string,
	work: () => Promise<Result>,
): Promise<Result> {
	await mkdir(folder, { recursive: true });
	const path = join(folder, 'starting');
	if (!(await waitUntil(() => take(path), longestStartMs))) {
		throw new EmbeddedError('in-use', 'Another start of the demo is in the way: try again later.');
	}
	try {
		return await work();
	} finally {
		await rm(path, { force: true });
	}
}

async function take(path: string): Promise<boolean> {
	try {
		const file = await open(path, 'wx');
		await file.writeFile(`${process.pid}`);
		await file.close();
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
		if (await isStale(path)) await rm(path, { force: true });
		return false;
	}
}

async function isStale(path: string): Promise<boolean> {
	const made = await stat(path).catch(() => undefined);
	if (!made) return false;
	if (Date.now() - made.mtimeMs > longestStartMs) return true;
	const pid = Number(await readFile(path, 'utf8').catch(() => ''));
	// Empty for the moment between making and writing it.
	if (!Number.isInteger(pid) || pid <= 0) return false;
	try {
		process.kill(pid, 0);
		return false;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'ESRCH';
	}
}
