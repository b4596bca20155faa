import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { clusterFolder } from '../../source/demo/cluster.ts';
import { type EmbeddedServer, startEmbedded } from '../../source/demo/embedded.ts';
import { isProcess, readPostmaster, waitUntil } from '../../source/demo/postmaster.ts';
import { childIdentity, serverAccount } from '../../source/demo/server-account.ts';

let folder: string;
const running: EmbeddedServer[] = [];

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'tidemark-embedded-'));
});

afterEach(async () => {
	await Promise.all(running.splice(0).map((server) => server.stop()));
	await rm(folder, { recursive: true, force: true });
});

async function start(isPersistent = true): Promise<EmbeddedServer> {
	const server = await startEmbedded({ folder, cacheFolder: defaultCacheFolder(), isPersistent });
	running.push(server);
	return server;
}

async function query(url: string, sql: string) {
	const client = new pg.Client({ connectionString: url });
	await client.connect();
	try {
		return (await client.query(sql)).rows;
	} finally {
		await client.end();
	}
}

const isRunning = (pid: number) => isProcess(pid, clusterFolder(folder));
const hasEnded = (pid: number) => waitUntil(async () => !(await isRunning(pid)), 10_000);

describe('an embedded server', () => {
	test('starts from nothing, on loopback only and with a password', async () => {
		const server = await start();
		expect(server.isNew).toBe(true);
		expect(await query(server.url(), 'show listen_addresses')).toEqual([
			{ listen_addresses: '127.0.0.1' },
		]);
		expect(await query(server.url(), 'show unix_socket_directories')).toEqual([
			{ unix_socket_directories: '' },
		]);
		const wrong = server.url().replace(/:[^:@]*@/, ':wrong@');
		await expect(query(wrong, 'select 1')).rejects.toMatchObject({ code: '28P01' });
	});

	test('keeps its data and its password from start to start', async () => {
		const first = await start();
		await query(first.url(), 'create table kept as select 7 as n');
		await first.stop();
		expect(await isRunning(first.pid)).toBe(false);
		const second = await start();
		expect(second.isNew).toBe(false);
		expect(await query(second.url(), 'select n from kept')).toEqual([{ n: 7 }]);
	});

	test('leaves nothing behind when it is not to be kept', async () => {
		const server = await start(false);
		await server.stop();
		expect(await isRunning(server.pid)).toBe(false);
		await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
	});

	test('says that it ended, and starts again, after kill -9', async () => {
		const killed = await start();
		await query(killed.url(), 'create table kept as select 7 as n');
		process.kill(killed.pid, 'SIGKILL');
		await killed.ended;
		const next = await start();
		expect(await query(next.url(), 'select n from kept')).toEqual([{ n: 7 }]);
	});

	test('starts although its pid file names a living stranger', async () => {
		await (await start()).stop();
		// The server itself would refuse: the stranger has the server's own account.
		const stranger = spawn('/bin/sh', ['-c', 'read -r _'], {
			cwd: '/',
			stdio: ['pipe', 'ignore', 'ignore'],
			...childIdentity(await serverAccount()),
		});
		await once(stranger, 'spawn');
		await writeFile(join(clusterFolder(folder), 'postmaster.pid'), `${stranger.pid}\n\n\n1\n`);
		expect(await query((await start()).url(), 'select 1 as one')).toEqual([{ one: 1 }]);
		expect(stranger.exitCode).toBe(null);
		stranger.stdin.end();
	});

	test('starts once when two ask for it at the same time', async () => {
		const ends = await Promise.allSettled([start(), start()]);
		expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
		expect(ends.find((end) => end.status === 'rejected')?.reason).toMatchObject({
			reason: 'in-use',
		});
	});
});

describe('the server of a program that ends', () => {
	async function own(lifetime: 'keep' | 'drop'): Promise<{ owner: ChildProcess; pid: number }> {
		const script = join(import.meta.dirname, 'owner.ts');
		const owner = spawn(process.execPath, [script, folder, lifetime], {
			stdio: ['pipe', 'pipe', 'inherit'],
		});
		const [line] = await once(owner.stdout as NodeJS.ReadableStream, 'data');
		return { owner, pid: Number(line) };
	}

	test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const)(
		'ends with it on %s, which stays deadly',
		async (signal) => {
			const { owner, pid } = await own('keep');
			expect(await isRunning(pid)).toBe(true);
			owner.kill(signal);
			expect(await once(owner, 'exit')).toEqual([null, signal]);
			expect(await hasEnded(pid)).toBe(true);
		},
	);

	test('ends and goes away with it on exit', async () => {
		const { owner, pid } = await own('drop');
		owner.stdin?.write('end\n');
		expect(await once(owner, 'exit')).toEqual([0, null]);
		expect(await hasEnded(pid)).toBe(true);
		const isRemoved = async () => !(await stat(folder).catch(() => undefined));
		expect(await waitUntil(isRemoved, 10_000)).toBe(true);
	});

	test('is stopped by the next start when nobody was left to do it', async () => {
		const { owner, pid } = await own('keep');
		const guardian = Number(await readFile(join(folder, 'guardian.pid'), 'utf8'));
		process.kill(guardian, 'SIGKILL');
		owner.kill('SIGKILL');
		await once(owner, 'exit');
		expect(await isRunning(pid)).toBe(true);
		const next = await start();
		expect(await isRunning(pid)).toBe(false);
		expect((await readPostmaster(clusterFolder(folder)))?.pid).toBe(next.pid);
	});
});
