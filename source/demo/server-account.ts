import { constants } from 'node:fs';
import {
	chmod,
	copyFile,
	link,
	mkdir,
	readdir,
	readFile,
	readlink,
	rename,
	rm,
	stat,
	symlink,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Binaries, restoreLinks } from './binaries.ts';
import { EmbeddedError } from './embedded-error.ts';

/** The account the server runs under when it can't be ours. */
export interface ServerAccount {
	readonly name: string;
	readonly uid: number;
	readonly gid: number;
}

/**
 * Postgres refuses to run as root. Then it gets the `postgres` account where a package made one,
 * else `nobody`, which every system has: no account is ever created on somebody's machine.
 *
 * @returns undefined when we aren't root, and the server simply runs as we do
 */
export async function serverAccount(): Promise<ServerAccount | undefined> {
	if (process.getuid?.() !== 0) return undefined;
	const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
	for (const name of ['postgres', 'nobody']) {
		const [, , uid, gid] = lines.find((line) => line[0] === name) ?? [];
		if (uid && gid) return { name, uid: Number(uid), gid: Number(gid) };
	}
	throw new EmbeddedError(
		'unsupported',
		'Postgres does not run as root, and this system has no account named postgres or nobody: start tidemark as another user.',
	);
}

/**
 * The whole environment of the server's programs. Nothing of ours may leak in: PGOPTIONS, PGDATA
 * and the locale variables would all be obeyed.
 */
export const serverEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** The spawn options that make a child run as `account`. */
export function childIdentity(account: ServerAccount | undefined): { uid?: number; gid?: number } {
	return account ? { uid: account.uid, gid: account.gid } : {};
}

/** Whether `account` may enter `path` and every folder above it. */
export async function canEnter(path: string, account: ServerAccount): Promise<boolean> {
	for (let folder = resolve(path); ; folder = dirname(folder)) {
		const { mode, uid, gid } = await stat(folder);
		const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
		if (((mode >> shift) & 1) === 0) return false;
		if (folder === dirname(folder)) return true;
	}
}

/** Makes `folder`, and what is missing above it, such that `account` may pass, whatever our umask. */
export async function makePassable(
	folder: string,
	account: ServerAccount | undefined,
): Promise<void> {
	const first = await mkdir(folder, { recursive: true });
	if (!account) return;
	const top = first ?? folder;
	for (let made = folder; made.startsWith(top); made = dirname(made)) await chmod(made, 0o711);
}

/**
 * The binaries, whole, at a place where `account` can run them. What lies below a folder that only
 * root may enter is out of its reach, and what root installed can't be completed by others: then the
 * tree is hard-linked (copied across file systems) into `cacheFolder`.
 */
export async function reachableBinaries(
	binaries: Binaries,
	account: ServerAccount | undefined,
	cacheFolder: string,
): Promise<Binaries> {
	const isReachable = !account || (await canEnter(binaries.root, account));
	if (isReachable && binaries.missingLinks.length === 0) return binaries;
	await makePassable(cacheFolder, account);
	const root = join(cacheFolder, `postgres-${binaries.version}`);
	const cached = { ...binaries, root, missingLinks: [] };
	if (await stat(root).catch(() => undefined)) return cached;
	const unfinished = `${root}.${process.pid}`;
	await rm(unfinished, { recursive: true, force: true });
	await cloneTree(binaries.root, unfinished);
	await restoreLinks(unfinished, binaries.missingLinks);
	await rename(unfinished, root).catch(async (error: NodeJS.ErrnoException) => {
		await rm(unfinished, { recursive: true, force: true });
		// Somebody else was faster: theirs is as good as ours.
		if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
	});
	return cached;
}

async function cloneTree(source: string, target: string): Promise<void> {
	await mkdir(target, { recursive: true });
	await chmod(target, 0o755);
	for (const entry of await readdir(source, { withFileTypes: true })) {
		const from = join(source, entry.name);
		const to = join(target, entry.name);
		if (entry.isDirectory()) await cloneTree(from, to);
		else if (entry.isSymbolicLink()) await symlink(await readlink(from), to);
		// Static libraries serve compilers only.
		else if (!entry.name.endsWith('.a')) await cloneFile(from, to);
	}
}

async function cloneFile(from: string, to: string): Promise<void> {
	const { mode } = await stat(from);
	if ((mode & constants.S_IROTH) !== 0) {
		const linked = await link(from, to).then(
			() => true,
			() => false,
		);
		if (linked) return;
	}
	await copyFile(from, to, constants.COPYFILE_FICLONE);
	await chmod(to, mode | 0o444 | ((mode & 0o100) === 0 ? 0 : 0o111));
}
