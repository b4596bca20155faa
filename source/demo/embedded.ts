import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Binaries, findBinaries } from './binaries.ts';
import { EmbeddedError } from './embedded-error.ts';
import { type Guardian, guard, isGuarded } from './guardian.ts';
import { clearLeftover, isProcess, readPostmaster, waitUntil } from './postmaster.ts';
import {
	canEnter,
	reachableBinaries,
	type ServerAccount,
	serverAccount,
} from './server-account.ts';

/** How to run an embedded server. */
export interface EmbeddedOptions {
	/** Folder of this one server: cluster, password and log are kept below it. Made when missing. */
	readonly folder: string;
	/** Where binaries are put that the server's account could not reach otherwise. */
	readonly cacheFolder: string;
	/** Kept for the next start (and shut down in order), or removed when it ends. */
	readonly isPersistent: boolean;
	/** Server settings, as in postgresql.conf. */
	readonly settings?: Readonly<Record<string, string | number>>;
	/** Told in a few words what is being done. */
	readonly onProgress?: (step: string) => void;
}

/** A running embedded server. */
export interface EmbeddedServer {
	readonly port: number;
	/** Process number of the server itself. */
	readonly pid: number;
	/** True when the cluster was made by this start. */
	readonly isNew: boolean;
	/** Resolves when the server has ended, whoever ended it. */
	readonly ended: Promise<void>;
	/** Connection string of the superuser, password included: not for any output. */
	url(database?: string): string;
	/** Stops the server and removes a cluster that isn't persistent. May be called twice. */
	stop(): Promise<void>;
}

const superuser = 'tidemark';
// Nothing of ours may leak in: PGOPTIONS, PGDATA and locale variables would all be obeyed.
const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Starts Postgres on a random free port of 127.0.0.1, with a random password, making the cluster
 * when `folder` has none. A server that a killed predecessor left behind is stopped first. The
 * server ends with this process, however that ends.
 *
 * @throws EmbeddedError, whose `failure` tells the cases apart
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
	const folder = resolve(options.folder);
	const account = await serverAccount();
	await prepareFolder(folder, account);
	const cluster = join(folder, 'cluster');
	await refuseWhenInUse(folder, cluster);
	await mkdir(options.cacheFolder, { recursive: true });
	const binaries = await reachableBinaries(await findBinaries(), account, options.cacheFolder);
	const isNew = !(await stat(join(cluster, 'PG_VERSION')).catch(() => undefined));
	if (isNew) {
		options.onProgress?.('Creating a Postgres cluster');
		await createCluster(folder, cluster, binaries, account);
	} else {
		await clearLeftover(cluster);
	}
	options.onProgress?.('Starting Postgres');
	const { child, port } = await launch(folder, cluster, binaries, account, options.settings ?? {});
	const guardian = await guard(child.pid as number, folder, options.isPersistent);
	const password = (await readFile(join(folder, 'password'), 'utf8')).trim();
	return handle({
		child,
		guardian,
		port,
		password,
		isNew,
		folder,
		isPersistent: options.isPersistent,
	});
}

async function prepareFolder(folder: string, account: ServerAccount | undefined): Promise<void> {
	await mkdir(folder, { recursive: true });
	if (!account) return;
	await chmod(folder, 0o711);
	if (!(await canEnter(folder, account))) {
		throw new EmbeddedError(
			'unreachable',
			`Root's Postgres runs as ${account.name}, who cannot enter ${folder}: choose a folder that others may enter.`,
		);
	}
}

/** A predecessor that has just died may still be on its way out: that is waited for. */
async function refuseWhenInUse(folder: string, cluster: string): Promise<void> {
	const isFree = async () => {
		const { pid } = (await readPostmaster(cluster)) ?? { pid: 0 };
		return !((await isProcess(pid, cluster)) && (await isGuarded(folder)));
	};
	if (await waitUntil(isFree, 5_000)) return;
	throw new EmbeddedError(
		'in-use',
		'Another tidemark demo is running on the same data: use that one, or close it first.',
	);
}

async function createCluster(
	folder: string,
	cluster: string,
	binaries: Binaries,
	account: ServerAccount | undefined,
): Promise<void> {
	const password = randomBytes(18).toString('base64url');
	// Made beside and renamed, so that an interrupted start leaves no half cluster behind.
	const unfinished = join(folder, 'cluster.new');
	const passwordFile = join(folder, 'password.new');
	await rm(unfinished, { recursive: true, force: true });
	await rm(cluster, { recursive: true, force: true });
	await mkdir(unfinished, { mode: 0o700 });
	await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
	if (account) {
		await chown(unfinished, account.uid, account.gid);
		await chown(passwordFile, account.uid, account.gid);
	}
	// The builtin locale sorts alike on every machine, whatever locales that has.
	const flags = [
		'--auth=scram-sha-256',
		'--encoding=UTF8',
		'--locale=C',
		'--locale-provider=builtin',
		'--builtin-locale=C.UTF-8',
		'--no-sync',
		'--no-instructions',
	];
	await promisify(execFile)(
		join(binaries.root, 'bin', 'initdb'),
		[`--pgdata=${unfinished}`, `--username=${superuser}`, `--pwfile=${passwordFile}`, ...flags],
		{ cwd: '/', env: environment, ...identity(account) },
	).catch((cause: Error & { stderr?: string }) => {
		throw new EmbeddedError(
			'failed',
			`Cannot create a Postgres cluster: ${cause.stderr || cause.message}`,
			{ cause },
		);
	});
	await rename(passwordFile, join(folder, 'password'));
	if (account) await chown(join(folder, 'password'), 0, 0);
	await rename(unfinished, cluster);
}

/** Tries again with another port when somebody took ours, or while a dead server's backends linger. */
async function launch(
	folder: string,
	cluster: string,
	binaries: Binaries,
	account: ServerAccount | undefined,
	settings: Readonly<Record<string, string | number>>,
): Promise<{ child: ChildProcess; port: number }> {
	const deadline = performance.now() + 15_000;
	for (;;) {
		const port = await freePort();
		const child = await spawnServer(folder, cluster, binaries, account, { ...settings, port });
		if (await isUp(child, cluster)) return { child, port };
		child.kill('SIGKILL');
		const log = await readFile(join(folder, 'server.log'), 'utf8');
		const isPassing =
			/could not bind|Address already in use|shared memory block.*still in use/.test(log);
		if (isPassing && performance.now() < deadline) continue;
		const reason = /(?:FATAL|PANIC): +(.*)/.exec(log)?.[1] ?? log.trim().split('\n').at(-1) ?? '';
		throw new EmbeddedError(
			'failed',
			`Postgres did not start: ${reason} (see ${join(folder, 'server.log')})`,
		);
	}
}

async function spawnServer(
	folder: string,
	cluster: string,
	binaries: Binaries,
	account: ServerAccount | undefined,
	settings: Readonly<Record<string, string | number>>,
): Promise<ChildProcess> {
	const all = {
		listen_addresses: '127.0.0.1',
		unix_socket_directories: '',
		timezone: 'UTC',
		log_timezone: 'UTC',
		...settings,
	};
	const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
	const log = await open(join(folder, 'server.log'), 'w', 0o600);
	// A session of its own: ctrl-c in our terminal must not reach the server before it reaches us.
	const child = spawn(join(binaries.root, 'bin', 'postgres'), ['-D', cluster, ...flags], {
		cwd: '/',
		env: environment,
		detached: true,
		stdio: ['ignore', log.fd, log.fd],
		...identity(account),
	});
	child.unref();
	child.on('error', () => {});
	await log.close();
	return child;
}

async function isUp(child: ChildProcess, cluster: string): Promise<boolean> {
	let isReady = false;
	await waitUntil(async () => {
		const postmaster = await readPostmaster(cluster);
		isReady = postmaster?.pid === child.pid && postmaster?.status === 'ready';
		return (
			isReady || child.pid === undefined || child.exitCode !== null || child.signalCode !== null
		);
	}, 60_000);
	return isReady;
}

async function freePort(): Promise<number> {
	const probe = createServer().listen(0, '127.0.0.1');
	await once(probe, 'listening');
	const address = probe.address();
	probe.close();
	await once(probe, 'close');
	if (address === null || typeof address === 'string')
		throw new EmbeddedError('failed', 'No free port.');
	return address.port;
}

const identity = (account: ServerAccount | undefined) =>
	account ? { uid: account.uid, gid: account.gid } : {};

function handle(parts: {
	child: ChildProcess;
	guardian: Guardian;
	port: number;
	password: string;
	isNew: boolean;
	folder: string;
	isPersistent: boolean;
}): EmbeddedServer {
	const { child, guardian, port, password, isNew, folder, isPersistent } = parts;
	const pid = child.pid as number;
	const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
	let stopping: Promise<void> | undefined;
	async function stopOnce(): Promise<void> {
		child.ref();
		child.kill(isPersistent ? 'SIGINT' : 'SIGQUIT');
		await ended;
		await guardian.release();
		if (!isPersistent) await rm(folder, { recursive: true, force: true });
	}
	return {
		port,
		pid,
		isNew,
		ended,
		url: (database = 'postgres') =>
			`postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`,
		stop: () => (stopping ??= stopOnce()),
	};
}
