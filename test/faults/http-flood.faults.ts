import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import { ask } from '../metrics/scrape.ts';
import { useDatabase } from '../support/database.ts';
import { environment } from './open-console.ts';

vi.setConfig({ testTimeout: 120_000 });

const database = useDatabase();

/** The built `serve` on a free port; `end` tells it to drain and gives its status. */
async function serving() {
	const child = spawn(
		process.execPath,
		['dist/tidemark.js', 'serve', '--metrics', '0', database.url],
		{ env: environment as NodeJS.ProcessEnv, stdio: ['ignore', 'ignore', 'pipe'] },
	);
	let log = '';
	const port = await new Promise<number>((resolve) => {
		child.stderr.on('data', (chunk) => {
			log += chunk;
			const match = /:(\d+)\/metrics/.exec(log);
			if (match) resolve(Number(match[1]));
		});
	});
	const residentMb = () =>
		Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
	return {
		port,
		residentMb,
		async end() {
			const exited = once(child, 'exit');
			child.kill('SIGTERM');
			return (await exited)[0];
		},
	};
}

const dial = (port: number, text: string): Socket => {
	const socket = connect(port, '127.0.0.1');
	socket.on('error', () => {});
	// What is answered is read, or its end would never be seen.
	socket.resume();
	socket.on('connect', () => socket.write(text));
	return socket;
};

it('10,000 connections that never end their request: it takes 256, and serves on after', async () => {
	const server = await serving();
	expect((await ask(server.port, '/metrics')).status).toBe(200);
	const before = server.residentMb();
	const sockets: Socket[] = [];
	let highest = 0;
	for (let round = 0; round < 100; round++) {
		const some = Array.from({ length: 100 }, () =>
			dial(server.port, 'GET /metrics HTTP/1.1\r\nHost: x\r\n'),
		);
		sockets.push(...some);
		await Promise.all(
			some.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])),
		);
		highest = Math.max(highest, server.residentMb());
	}
	expect(sockets).toHaveLength(10_000);
	// Put out one and all, and long before the last of them would have gone by itself.
	await expect
		.poll(() => sockets.filter((socket) => !socket.destroyed).length, { timeout: 30_000 })
		.toBe(0);
	expect((await ask(server.port, '/metrics')).status).toBe(200);
	console.info(
		`10,000 connections: ${before.toFixed(0)} MB before, ${highest.toFixed(0)} MB at most`,
	);
	expect(highest).toBeLessThan(before + 100);
	const sessions = await database.rows(
		`select pid from pg_stat_activity where application_name = 'tidemark' and datname = current_database()`,
	);
	expect(sessions.length).toBeLessThanOrEqual(2);
	expect(await server.end()).toBe(0);
});

it('a flood of headers without an end: no memory is taken for them', async () => {
	const server = await serving();
	expect((await ask(server.port, '/metrics')).status).toBe(200);
	const before = server.residentMb();
	const sockets = Array.from({ length: 200 }, () =>
		dial(server.port, `GET /metrics HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(2 ** 20)}`),
	);
	await Promise.all(
		sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))),
	);
	expect(server.residentMb()).toBeLessThan(before + 100);
	expect((await ask(server.port, '/metrics')).status).toBe(200);
	expect(await server.end()).toBe(0);
});
