import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Flags } from '../../source/commands/command.ts';
import { createLog } from '../../source/commands/log.ts';
import { serve } from '../../source/commands/serve.ts';
import { longestGoodbyeMs } from '../../source/commands/stop-parts.ts';
import { ask, parseExposition } from '../metrics/scrape.ts';
import { useDatabase } from '../support/database.ts';
import { startProxy } from '../support/proxy.ts';
import { type RunningCommand, startCommand } from './run-command.ts';

const database = useDatabase();
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Serving = {
	readonly port: number;
	readonly command: RunningCommand;
	readonly end: () => void;
};

async function serving(url: string, flags: Flags = {}, env = {}): Promise<Serving> {
	const ending = new AbortController();
	const command = startCommand(serve, {
		url,
		flags: { metrics: '0', ...flags },
		env,
		ending: ending.signal,
	});
	const end = () => ending.abort();
	cleanups.push(async () => {
		end();
		await command.done.catch(() => {});
	});
	const listening = command.whenError(/listening on http:\/\/127\.0\.0\.1:(\d+)\/metrics/);
	const match = await Promise.race([listening, command.done.then(() => undefined)]);
	return { port: Number(match?.[1]), command, end };
}

test('serves, logs as JSON what happens, and ends well when told to', async () => {
	const proxy = await startProxy(database.url);
	cleanups.push(() => proxy.close());
	const { port, command, end } = await serving(proxy.url, { logFormat: 'json' });
	const { body } = await ask(port, '/metrics');
	expect(parseExposition(body).of('tidemark_up')).toEqual({ '': 1 });
	proxy.refuse(true);
	proxy.reset();
	await command.whenError(/"severity":"critical"/);
	proxy.refuse(false);
	await expect
		.poll(() => ask(port, '/readyz').then(({ status }) => status), { timeout: 8000 })
		.toBe(200);
	end();
	const { status, out, err } = await command.done;
	expect(status).toBe(0);
	expect(out).toBe('');
	const lines = err
		.trimEnd()
		.split('\n')
		.map((line) => JSON.parse(line));
	expect(lines.map(({ event, severity }) => severity ?? event)).toEqual([
		'listening',
		'ok',
		'critical',
		'ok',
		'draining',
		'ended',
	]);
	for (const line of lines) expect(Date.parse(line.time)).toBeGreaterThan(0);
	expect(err).not.toContain(new URL(proxy.url).password);
	const left = await database.rows(
		`select from pg_stat_activity where application_name = 'tidemark' and datname = current_database()`,
	);
	expect(left).toEqual([]);
});

/** Passes everything on until it is frozen, and then does not even close its end: as a stopped server's kernel. */
async function startDeaf(url: string) {
	const address = new URL(url);
	const host = address.hostname;
	const port = Number(address.port);
	const sockets: Socket[] = [];
	let isFrozen = false;
	const server = createServer({ allowHalfOpen: true }, (client) => {
		const backend = connect({ port, host, allowHalfOpen: true });
		sockets.push(client, backend);
		for (const [from, to] of [
			[client, backend],
			[backend, client],
		] as const) {
			from.setNoDelay(true);
			from.on('error', () => {});
			from.on('data', (chunk) => isFrozen || to.write(chunk));
			from.on('end', () => isFrozen || to.end());
		}
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	cleanups.push(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	address.port = String((server.address() as AddressInfo).port);
	const freeze = () => {
		isFrozen = true;
	};
	return { url: address.href, freeze };
}

test('ends although the database is frozen and says no goodbye', async () => {
	const deaf = await startDeaf(database.url);
	const { port, command, end } = await serving(deaf.url);
	expect((await ask(port, '/readyz')).status).toBe(200);
	deaf.freeze();
	const started = performance.now();
	end();
	expect((await command.done).status).toBe(0);
	expect(performance.now() - started).toBeLessThan(longestGoodbyeMs + 1000);
});

test('asks for the token of a file, and prints it nowhere', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'tidemark-token-'));
	cleanups.push(() => rmSync(folder, { recursive: true }));
	const metricsTokenFile = join(folder, 'token');
	writeFileSync(metricsTokenFile, 'long-and-secret\n');
	const { port, command } = await serving(database.url, { metricsTokenFile });
	expect((await ask(port, '/metrics')).status).toBe(401);
	const headers = { authorization: 'Bearer long-and-secret' };
	expect((await ask(port, '/metrics', { headers })).status).toBe(200);
	expect(command.errors()).not.toContain('long-and-secret');
});

test('refuses what it can not do, before it connects', async () => {
	const failing = (flags: Flags, env = {}) =>
		startCommand(serve, { url: database.url, flags: { metrics: '0', ...flags }, env }).done;
	await expect(failing({ logFormat: 'xml' })).rejects.toMatchObject({
		kind: 'config',
		message: '--log-format is text or json; it is "xml"',
	});
	await expect(failing({ metricsTokenFile: '/nonexistent/token' })).rejects.toThrow(/ENOENT/);
	await expect(failing({}, { TIDEMARK_METRICS_TOKEN: 'short' })).rejects.toThrow(/no token/);
	const { port } = await serving(database.url);
	await expect(failing({ metrics: String(port) })).rejects.toThrow(/is in use/);
});

test('warns of an address that others can reach without a token', async () => {
	const ending = new AbortController();
	const open = startCommand(serve, {
		url: database.url,
		flags: { metrics: '0.0.0.0:0' },
		ending: ending.signal,
	});
	await open.whenError(/warn .*whoever reaches 0\.0\.0\.0:\d+ can read the metrics: set a token/);
	ending.abort();
	expect((await open.done).status).toBe(0);
});

test('the built program ends with 0 on SIGTERM', async () => {
	const child = spawn(
		process.execPath,
		['dist/tidemark.js', 'serve', '--metrics', '0', database.url],
		{ stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH, HOME: tmpdir() } },
	);
	cleanups.push(() => child.kill('SIGKILL'));
	let err = '';
	const port = await new Promise<number>((resolve) => {
		child.stderr.on('data', (chunk) => {
			err += chunk;
			const match = /:(\d+)\/metrics/.exec(err);
			if (match) resolve(Number(match[1]));
		});
	});
	expect((await ask(port, '/metrics')).status).toBe(200);
	child.kill('SIGTERM');
	const [status] = await once(child, 'exit');
	expect(status).toBe(0);
	expect(err).toContain('told to end');
});

test('a line of the log stays a line, whatever the database calls itself', () => {
	const lines: string[] = [];
	const stream = { write: (text: string) => lines.push(text) > 0 };
	const at = () => Date.parse('2026-01-02T03:04:05Z');
	createLog(stream, 'text', at)('warn', 'health', 'a\n\x1b[31mb', { n: 1 });
	createLog(stream, 'json', at)('warn', 'health', 'a\nb', { n: 1, text: '\x1b]0;x\x07"' });
	expect(lines).toEqual([
		'2026-01-02T03:04:05.000Z warn  a··b\n',
		'{"time":"2026-01-02T03:04:05.000Z","level":"warn","event":"health","message":"a·b","n":1,"text":"·\\""}\n',
	]);
});
