import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TidemarkError } from '../errors.ts';
import { defaultCacheFolder } from './cache-folder.ts';
import { discardDatabase, prepareDatabase } from './database.ts';
import { type EmbeddedServer, startEmbedded } from './embedded.ts';
import { EmbeddedError } from './embedded-error.ts';
import type { Fault } from './faults/fault.ts';
import { faults } from './faults/faults.ts';
import { bringToLife } from './life.ts';
import { shape } from './shape.ts';
import type { Workload } from './workload/workload.ts';

export { faults };

/** How to run a demo. */
export interface DemoOptions {
	/** Where the cluster is kept between starts; by default the user's cache folder. */
	readonly cacheDir?: string;
	/** Told in a few words what is being done. */
	readonly onProgress?: (step: string) => void;
	/** Two demos with one seed do alike. */
	readonly seed?: number;
	/** What shall go wrong: a name in `faults`. */
	readonly fault?: string;
	/** How far a history made anew reaches back; 30 by default. */
	readonly historyDays?: number;
	/** Milliseconds that the workload takes for a second of the product's life; 1000 by default. */
	readonly stepMs?: number;
	/** Gives the start up. */
	readonly signal?: AbortSignal;
}

/** A running demo: a database with a past, and a workload at work on it. */
export interface Demo {
	/** Connection string, password included: not for any output. */
	readonly url: string;
	/** Where the console looks: the same, unless a fault shows elsewhere. Not for any output either. */
	readonly watchedUrl: string;
	readonly server: EmbeddedServer;
	readonly workload: Workload;
	/** Ends the workload and the server; the data are kept. */
	stop(): Promise<void>;
}

/**
 * A demo can be made anew, so nothing waits for the disk: after a crash of the whole machine the
 * cluster may be damaged, and is then thrown away.
 */
const demoSettings = {
	fsync: 'off',
	full_page_writes: 'off',
	synchronous_commit: 'off',
	wal_level: 'minimal',
	max_wal_senders: 0,
	max_wal_size: '1GB',
	// Old segments are removed rather than kept: the folder stays small.
	wal_recycle: 'off',
	shared_buffers: '96MB',
	max_connections: 40,
	autovacuum_naptime: '30s',
} as const;

type Settings = Readonly<Record<string, string | number>>;

/**
 * Starts the demo: in under 20 s the first time, in under 4 s later.
 *
 * @throws EmbeddedError when the server can't be had, TidemarkError for a fault that isn't known,
 *   the signal's reason when that was aborted; nothing is left running
 */
export async function startDemo(options: DemoOptions = {}): Promise<Demo> {
	const { cacheDir = defaultCacheFolder(), onProgress = () => {}, signal } = options;
	const fault = findFault(options.fault);
	signal?.throwIfAborted();
	const allSettings = { ...demoSettings, ...fault?.settings };
	const server = await startServer(cacheDir, allSettings, onProgress);
	const giveUp = () => void server.stop();
	signal?.addEventListener('abort', giveUp);
	try {
		signal?.throwIfAborted();
		const demo = await fillServer(server, fault, {
			...options,
			settings: allSettings,
			cacheDir,
			onProgress,
		});
		signal?.throwIfAborted();
		return demo;
	} catch (error) {
		await server.stop();
		throw signal?.aborted ? signal.reason : error;
	} finally {
		signal?.removeEventListener('abort', giveUp);
	}
}

async function fillServer(
	server: EmbeddedServer,
	fault: Fault | undefined,
	options: DemoOptions & {
		readonly cacheDir: string;
		readonly settings: Settings;
		readonly onProgress: (step: string) => void;
	},
): Promise<Demo> {
	const { seed = 1, stepMs = 1000, onProgress } = options;
	const name = await prepareDatabase(server, {
		seed,
		fault: options.fault,
		historyDays: options.historyDays ?? shape.historyDays,
		onProgress,
	});
	const life = await bringToLife({
		url: server.url(name),
		fault,
		seed,
		stepMs,
		settings: options.settings,
		cacheFolder: options.cacheDir,
	});
	return {
		url: server.url(name),
		watchedUrl: life.watchedUrl,
		server,
		workload: life.workload,
		async stop() {
			await life.end();
			if (fault) await discardDatabase(server, name).catch(() => {});
			await server.stop();
		},
	};
}

function findFault(name: string | undefined): Fault | undefined {
	if (name === undefined) return undefined;
	const fault = Object.hasOwn(faults, name) ? faults[name] : undefined;
	if (fault) return fault;
	throw new TidemarkError(
		'config',
		`There is no fault called ${name}; tidemark demo --faults lists them.`,
	);
}

/** As many demos run beside each other, each with data of its own. */
const places = ['demo', 'demo-2', 'demo-3', 'demo-4'];

async function startServer(
	cacheDir: string,
	settings: Settings,
	onProgress: (step: string) => void,
): Promise<EmbeddedServer> {
	let refusal: unknown;
	for (const place of places) {
		try {
			return await startAt(join(cacheDir, place), cacheDir, settings, onProgress);
		} catch (error) {
			if (!(error instanceof EmbeddedError) || error.reason !== 'in-use') throw error;
			onProgress('Another demo is running: starting one beside it');
			refusal = error;
		}
	}
	throw refusal;
}

async function startAt(
	folder: string,
	cacheDir: string,
	settings: Settings,
	onProgress: (step: string) => void,
): Promise<EmbeddedServer> {
	const start = () =>
		startEmbedded({ folder, cacheFolder: cacheDir, isPersistent: true, settings, onProgress });
	return start().catch(async (error: unknown) => {
		if (!(error instanceof EmbeddedError) || error.reason !== 'failed') throw error;
		onProgress('The kept data cannot be used: making them anew');
		await rm(join(folder, 'cluster'), { recursive: true, force: true });
		return start();
	});
}
