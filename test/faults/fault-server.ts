import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { type EmbeddedServer, startEmbedded } from '../../source/demo/embedded.ts';
import { applyMigrations } from '../support/apply-migrations.ts';
import { keepPassword } from '../support/produced.ts';

/** The database that the server has, with the whole schema. */
const database = 'watched';

/** A server of a test's own, to be treated badly. It keeps its port and its data through a restart. */
export type FaultServer = {
	/** Connection string of the superuser. */
	readonly url: string;
	/** One statement on a connection of its own; gives its rows. */
	// biome-ignore lint/suspicious/noExplicitAny: rows are what the caller's SQL makes them
	query(sql: string, name?: string): Promise<any[]>;
	/** A fast shutdown, as an administrator's. */
	stop(): Promise<void>;
	/** SIGKILL to the postmaster and every backend. */
	kill(): Promise<void>;
	start(): Promise<void>;
	/** The number of the server's own process. */
	pid(): number;
	/** SIGSTOP to all of its processes: sockets stay open, nobody answers. */
	freeze(): Promise<void>;
	thaw(): Promise<void>;
	/** Ends and removes it. */
	remove(): Promise<void>;
};

/**
 * Makes a cluster with one migrated database and starts it.
 * @param folder where; else a folder of its own, which goes with it
 */
export async function startFaultServer(
	settings: Readonly<Record<string, string | number>> = {},
	folder?: string,
): Promise<FaultServer> {
	const own = folder === undefined ? await mkdtemp(join(tmpdir(), 'tidemark-fault-')) : undefined;
	const place = folder ?? own ?? '';
	const launch = (port?: number) =>
		startEmbedded({
			folder: place,
			cacheFolder: defaultCacheFolder(),
			isPersistent: true,
			settings: {
				fsync: 'off',
				shared_buffers: '32MB',
				autovacuum: 'off',
				...settings,
				...(port !== undefined && { port }),
			},
		});
	let server: EmbeddedServer = await launch();
	const { port } = server;
	keepPassword(server.url());
	await queryAt(server.url(), `create database ${database}`);
	await applyMigrations(server.url(database));
	const signal = async (name: NodeJS.Signals) => {
		for (const pid of await processesOf(server.pid)) kill(pid, name);
	};
	return {
		url: server.url(database),
		query: (sql, name = database) => queryAt(server.url(name), sql),
		stop: () => server.stop(),
		async kill() {
			await signal('SIGKILL');
			await server.ended;
			await server.stop();
		},
		async start() {
			server = await launch(port);
		},
		pid: () => server.pid,
		freeze: () => signal('SIGSTOP'),
		thaw: () => signal('SIGCONT'),
		async remove() {
			await signal('SIGCONT');
			await server.stop();
			if (own !== undefined) await rm(own, { recursive: true, force: true });
		},
	};
}

async function queryAt(url: string, sql: string) {
	const client = new pg.Client(url);
	client.on('error', () => {});
	await client.connect();
	try {
		return (await client.query(sql)).rows;
	} finally {
		await client.end();
	}
}

/** A server's own process and its children, in that order: a stopped parent makes no new child. */
export async function processesOf(pid: number): Promise<number[]> {
	const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
	const children = stdout
		.trim()
		.split('\n')
		.map((line) => line.trim().split(/\s+/).map(Number))
		.filter(([, parent]) => parent === pid)
		.map(([child = 0]) => child);
	return [pid, ...children];
}

function kill(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal);
	} catch {
		// It has ended since the list was made.
	}
}
