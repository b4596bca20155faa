import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.ts';
import { EmbeddedError } from './embedded-error.ts';
import {
	canEnter,
	childIdentity,
	makePassable,
	type ServerAccount,
	serverEnvironment,
} from './server-account.ts';

/** The superuser of every cluster made here. */
export const superuser = 'tidemark';

/** Where the cluster of `folder` is. */
export const clusterFolder = (folder: string) => join(folder, 'cluster');

/** Whether `folder` already holds a whole cluster. */
export async function hasCluster(folder: string): Promise<boolean> {
	return Boolean(await stat(join(clusterFolder(folder), 'PG_VERSION')).catch(() => undefined));
}

/**
 * Makes `folder` and lets the server's account pass through it.
 *
 * @throws EmbeddedError `unreachable` when a folder above it keeps that account out
 */
export async function prepareFolder(
	folder: string,
	account: ServerAccount | undefined,
): Promise<void> {
	await makePassable(folder, account);
	if (!account) return;
	if (!(await canEnter(folder, account))) {
		throw new EmbeddedError(
			'unreachable',
			`Root's Postgres runs as ${account.name}, who cannot enter ${folder}: choose a folder that others may enter.`,
		);
	}
}

const passwordFile = 'tidemark.password';

/** The superuser's password, readable by its owner only. */
export async function readPassword(folder: string): Promise<string> {
	return (await readFile(join(clusterFolder(folder), passwordFile), 'utf8')).trim();
}

/**
 * Makes a cluster with a random password in the prepared `folder`. It is made beside its place and renamed, so
 * that an interrupted start leaves no half cluster, and of two at once one fails as a whole.
 *
 * @throws EmbeddedError `failed` with what initdb said
 */
export async function createCluster(
	folder: string,
	binaries: Binaries,
	account: ServerAccount | undefined,
): Promise<void> {
	await removeUnfinished(folder);
	const unfinished = join(folder, `cluster.${process.pid}.new`);
	const password = randomBytes(18).toString('base64url');
	const noted = `${unfinished}.password`;
	await mkdir(unfinished, { mode: 0o700 });
	await writeFile(noted, `${password}\n`, { mode: 0o600 });
	if (account) {
		await chown(unfinished, account.uid, account.gid);
		await chown(noted, account.uid, account.gid);
	}
	await runInitdb(binaries, unfinished, noted, account);
	await rename(noted, join(unfinished, passwordFile));
	await rename(unfinished, clusterFolder(folder));
}

/** What an interrupted start left: halves, and a cluster folder that isn't one. */
async function removeUnfinished(folder: string): Promise<void> {
	const entries = await readdir(folder);
	const halves = entries.filter((name) => /^cluster\.\d+\.new/.test(name) || name === 'cluster');
	await Promise.all(
		halves.map((name) => rm(join(folder, name), { recursive: true, force: true, maxRetries: 3 })),
	);
}

async function runInitdb(
	binaries: Binaries,
	cluster: string,
	pwfile: string,
	account: ServerAccount | undefined,
): Promise<void> {
	const major = Number.parseInt(binaries.version, 10);
	const flags = [
		`--pgdata=${cluster}`,
		`--username=${superuser}`,
		`--pwfile=${pwfile}`,
		'--auth=scram-sha-256',
		'--encoding=UTF8',
		'--locale=C',
		'--no-sync',
		...(major < 14 ? [] : ['--no-instructions']),
		// The builtin locale sorts alike on every machine, whatever locales that has.
		...(major < 17 ? [] : ['--locale-provider=builtin', '--builtin-locale=C.UTF-8']),
	];
	const options = { cwd: '/', env: serverEnvironment, ...childIdentity(account) };
	await promisify(execFile)(join(binaries.root, 'bin', 'initdb'), flags, options).catch(
		(cause: NodeJS.ErrnoException & { stderr?: string }) => {
			// The file is there: what isn't is the loader that it names, as on Alpine.
			if (cause.code === 'ENOENT') {
				throw new EmbeddedError('unsupported', 'The demo needs a system with the GNU C library.');
			}
			const reason = cause.stderr?.trim() || cause.message;
			throw new EmbeddedError('failed', `Cannot create a Postgres cluster: ${reason}`, { cause });
		},
	);
}
