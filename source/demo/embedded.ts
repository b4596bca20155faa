import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Binaries, findBinaries } from './binaries.ts';
import {
	clusterFolder,
	createCluster,
	hasCluster,
	prepareFolder,
	readPassword,
	superuser,
} from './cluster.ts';
import { EmbeddedError } from './embedded-error.ts';
import { type Guardian, guard, isGuarded } from './guardian.ts';
import { launch } from './launch.ts';
import { clearLeftover, isProcess, readPostmaster, waitUntil } from './postmaster.ts';
import {
	makePassable,
	reachableBinaries,
	type ServerAccount,
	serverAccount,
} from './server-account.ts';
import { withStartLock } from './start-lock.ts';

/** How to run an embedded server. */
export interface EmbeddedOptions {
	/** Folder of this one server: cluster, password and log are kept below it. Made when missing. */
	readonly folder: string;
	/** Where binaries are put that the server's account could not reach otherwise. */
	readonly cacheFolder: string;
	/** Kept for the next start (and shut down in order), or removed when it ends. */
	readonly isPersistent: boolean;
	/** Server settings, as in postgresql.conf; without a `port` it is a free one. */
	readonly settings?: Readonly<Record<string, string | number>>;
	/** What runs; by default the newest Postgres that npm has brought. */
	readonly binaries?: Binaries;
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
	await makePassable(resolve(options.cacheFolder), account);
	await prepareFolder(folder, account);
	return withStartLock(folder, () => startLocked({ ...options, folder }, account));
}

async function startLocked(
	options: EmbeddedOptions,
	account: ServerAccount | undefined,
): Promise<EmbeddedServer> {
	const { folder } = options;
	await refuseWhenInUse(folder);
	const found = options.binaries ?? (await findBinaries());
	const binaries = await reachableBinaries(found, account, options.cacheFolder);
	const isNew = !(await hasCluster(folder));
	if (isNew) {
		options.onProgress?.('Creating a Postgres cluster');
		await createCluster(folder, binaries, account);
	} else {
		await clearLeftover(clusterFolder(folder));
	}
	options.onProgress?.('Starting Postgres');
	const { child, port } = await launch(folder, binaries, account, options.settings ?? {});
	const guardian = await guard(child.pid as number, folder, options.isPersistent);
	const password = await readPassword(folder);
	const url = (database = 'postgres') =>
		`postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`;
	return { port, pid: child.pid as number, isNew, url, ...ending(child, guardian, options) };
}

/** A predecessor that has just died may still be on its way out: that is waited for. */
async function refuseWhenInUse(folder: string): Promise<void> {
	const cluster = clusterFolder(folder);
	const isFree = async () => {
		const { pid } = (await readPostmaster(cluster)) ?? { pid: 0 };
		return !((await isProcess(pid, cluster)) && (await isGuarded(folder)));
	};
	if (await waitUntil(isFree, 2_500)) return;
	throw new EmbeddedError(
		'in-use',
		'Another tidemark demo is running on the same data: use that one, or close it first.',
	);
}

/** How a server ends: by our will, once, or by itself. */
function ending(
	child: ChildProcess,
	guardian: Guardian,
	{ folder, isPersistent }: EmbeddedOptions,
): Pick<EmbeddedServer, 'ended' | 'stop'> {
	const ended = new Promise<void>((resolve) => {
		child.once('exit', () => resolve());
		if (child.exitCode !== null || child.signalCode !== null) resolve();
	});
	let stopping: Promise<void> | undefined;
	async function stopOnce(): Promise<void> {
		child.ref();
		// SIGINT is a fast shutdown with a checkpoint, SIGQUIT an immediate one without.
		child.kill(isPersistent ? 'SIGINT' : 'SIGQUIT');
		await ended;
		await guardian.release();
		if (!isPersistent) await rm(folder, { recursive: true, force: true });
	}
	return {
		ended,
		stop() {
			stopping ??= stopOnce();
			return stopping;
		},
	};
}
