import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { clusterFolder } from './cluster.ts';
import { EmbeddedError } from './embedded-error.ts';
import { readPostmaster, waitUntil } from './postmaster.ts';
import { childIdentity, type ServerAccount, serverEnvironment } from './server-account.ts';

/** Tries again, with another port unless the settings name one, when somebody took ours, or while a dead server's backends linger. */
export async function launch(
	folder: string,
	binaries: Binaries,
	account: ServerAccount | undefined,
	settings: Readonly<Record<string, string | number>>,
): Promise<{ child: ChildProcess; port: number }> {
	const deadline = performance.now() + 15_000;
	for (;;) {
		const port = Number(settings.port ?? (await freePort()));
		const child = await spawnServer(folder, binaries, account, { ...settings, port });
		if (await isUp(child, clusterFolder(folder))) return { child, port };
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
	const child = spawn(
		join(binaries.root, 'bin', 'postgres'),
		['-D', clusterFolder(folder), ...flags],
		{
			cwd: '/',
			env: serverEnvironment,
			detached: true,
			stdio: ['ignore', log.fd, log.fd],
			...childIdentity(account),
		},
	);
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
