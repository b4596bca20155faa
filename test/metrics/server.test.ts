import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { bearerCheck, readToken } from '../../source/metrics/bearer.ts';
import type { Exporter } from '../../source/metrics/exporter.ts';
import {
	listen,
	type MetricsServer,
	type ServerOptions,
} from '../../source/metrics/http-server.ts';
import { negotiate } from '../../source/metrics/negotiate.ts';
import { useDatabase } from '../support/database.ts';
import { ask, exporterFor, parseExposition } from './scrape.ts';

const database = useDatabase();
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serving(options: Partial<ServerOptions> = {}): Promise<MetricsServer> {
	const { exporter, stop } = exporterFor(database.url);
	cleanups.push(stop);
	const server = await listen({ exporter, host: '127.0.0.1', port: 0, ...options });
	cleanups.push(() => server.close());
	return server;
}

function dial(port: number): Socket {
	const socket = connect(port, '127.0.0.1');
	socket.on('error', () => {});
	cleanups.push(() => socket.destroy());
	return socket;
}

/** Everything that comes until the other end closes. */
async function rest(socket: Socket): Promise<string> {
	let text = '';
	socket.on('data', (chunk) => {
		text += chunk;
	});
	await once(socket, 'close');
	return text;
}

describe('the server', () => {
	test('serves /metrics in the format that is asked for, and knows HEAD', async () => {
		const { port } = await serving();
		const text = await ask(port, '/metrics');
		expect(text.status).toBe(200);
		expect(text.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
		expect(parseExposition(text.body).of('tidemark_up')).toEqual({ '': 1 });

		const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';
		const open = await ask(port, '/metrics?x=1', { headers: { accept } });
		expect(open.headers['content-type']).toBe(
			'application/openmetrics-text; version=1.0.0; charset=utf-8',
		);
		expect(open.body).toMatch(/# EOF\n$/);
		expect(open.body).toContain('# TYPE multica_business_sampler_query_errors counter\n');
		expect(open.body).toContain('multica_business_sampler_query_errors_total{name="acquire"} 0\n');
		expect(open.body).toContain('# TYPE multica_agent_task_stuck_total gauge\n');

		// What one format needs must not leak into the other.
		const again = await ask(port, '/metrics');
		expect(again.body).toContain('# TYPE multica_business_sampler_query_errors_total counter\n');

		const head = await ask(port, '/metrics', { method: 'HEAD' });
		expect(head).toMatchObject({ status: 200, body: '' });
		expect(Number(head.headers['content-length'])).toBeGreaterThan(10_000);
	});

	test('answers probes, and refuses what it does not know', async () => {
		const { port } = await serving();
		expect(await ask(port, '/healthz')).toMatchObject({ status: 200, body: 'ok\n' });
		expect(await ask(port, '/readyz')).toMatchObject({ status: 200, body: 'ok\n' });
		expect(await ask(port, '/')).toMatchObject({ status: 200 });
		for (const path of ['/metrics/', '/..%2f..%2fetc/passwd', '//metrics', '/METRICS']) {
			expect((await ask(port, path)).status, path).toBe(404);
		}
		for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
			const refused = await ask(port, '/metrics', { method });
			expect(refused.status, method).toBe(405);
			expect(refused.headers.allow).toBe('GET, HEAD');
		}
	});

	test('is not ready while the database does not answer, but healthy', async () => {
		const { exporter, stop } = exporterFor('postgres://nobody@127.0.0.1:1/nothing');
		cleanups.push(stop);
		const { port } = await serving({ exporter });
		const ready = await ask(port, '/readyz');
		expect(ready).toMatchObject({ status: 503, body: 'the database does not answer\n' });
		expect((await ask(port, '/healthz')).status).toBe(200);
		const { status, body } = await ask(port, '/metrics');
		expect(status).toBe(200);
		expect(parseExposition(body).of('tidemark_up')).toEqual({ '': 0 });
	});

	test('wants the bearer token for /metrics only', async () => {
		const token = 'a-token-of-some-length';
		const { port } = await serving({ isAuthorised: bearerCheck(token) });
		const statusOf = async (authorization?: string) =>
			(await ask(port, '/metrics', { headers: authorization ? { authorization } : {} })).status;
		expect(await statusOf()).toBe(401);
		expect(await statusOf(`Basic ${token}`)).toBe(401);
		expect(await statusOf(`Bearer ${token}x`)).toBe(401);
		expect(await statusOf(`Bearer ${token.slice(1)}`)).toBe(401);
		expect(await statusOf(`bearer ${token}`)).toBe(200);
		const refused = await ask(port, '/metrics');
		expect(refused.headers['www-authenticate']).toBe('Bearer realm="tidemark"');
		expect(refused.body).not.toContain('multica');
		expect((await ask(port, '/readyz')).status).toBe(200);
	});

	test('says which address it can not have, and what to do', async () => {
		const { port } = await serving();
		await expect(serving({ port })).rejects.toMatchObject({
			kind: 'config',
			message: `127.0.0.1:${port} is in use: choose another port with --metrics`,
		});
		await expect(serving({ host: '192.0.2.1' })).rejects.toMatchObject({
			message: expect.stringContaining('192.0.2.1:0 is no address of this machine'),
		});
	});
});

describe('who does not behave', () => {
	test('by sending a header slowly, or nothing at all, is put out', async () => {
		const { port } = await serving({ limits: { headersTimeoutMs: 200, checkMs: 50 } });
		const slow = dial(port);
		slow.write('GET /metrics HTTP/1.1\r\nHost: x\r\n');
		const drip = setInterval(() => slow.write('X-A: b\r\n'), 20);
		cleanups.push(() => clearInterval(drip));
		const silent = dial(port);
		expect(await rest(slow)).toMatch(/^HTTP\/1\.1 408 /);
		await rest(silent);
		expect((await ask(port, '/metrics')).status).toBe(200);
	});

	test('by sending a huge header, or garbage, is refused', async () => {
		const { port } = await serving();
		const huge = dial(port);
		huge.write(`GET /metrics HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(100_000)}\r\n\r\n`);
		expect(await rest(huge)).toMatch(/^HTTP\/1\.1 431 /);
		const garbage = dial(port);
		garbage.write('\0\x16\x03\x01 hello\r\n\r\n');
		expect(await rest(garbage)).toMatch(/^HTTP\/1\.1 400 /);
		const smuggled = dial(port);
		smuggled.write(
			'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
		);
		expect(await rest(smuggled)).toMatch(/^HTTP\/1\.1 400 /);
	});

	test('by sending a body that never ends, is not waited for', async () => {
		const { port } = await serving();
		const posting = dial(port);
		posting.write('POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nabc');
		const answer = await rest(posting);
		expect(answer).toMatch(/^HTTP\/1\.1 405 /);
		expect(answer).toMatch(/connection: close/i);
		// And no second one, about the body that did not come.
		expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
	});

	test('by not reading the answer, is put out', async () => {
		const big = Buffer.alloc(64 << 20, 'a');
		const exporter = {
			scrape: async () => big,
			faults: [],
			readiness: async () => ({ isReady: true, reason: '' }),
		};
		const server = await serving({ exporter: { ...exporter }, limits: { stallMs: 200 } });
		const stalled = dial(server.port);
		stalled.pause();
		stalled.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
		await once(stalled, 'readable');
		await expect.poll(() => server.connections(), { timeout: 5000 }).toBe(0);
	});

	test('by opening too many connections, gets no more', async () => {
		const { port } = await serving({ limits: { connections: 8 } });
		const held = Array.from({ length: 8 }, () => dial(port));
		await Promise.all(held.map((socket) => once(socket, 'connect')));
		const started = performance.now();
		await rest(dial(port));
		// Long before anybody is put out for being silent.
		expect(performance.now() - started).toBeLessThan(2000);
		for (const socket of held) socket.destroy();
		await expect
			.poll(() => ask(port, '/healthz').catch(() => undefined))
			.toMatchObject({ status: 200 });
	});
});

test('a drain lets the answer under way finish and closes what is idle', async () => {
	const { promise: gate, resolve: open } = Promise.withResolvers<void>();
	const { promise: asked, resolve: arrived } = Promise.withResolvers<void>();
	const { exporter: real, stop } = exporterFor(database.url);
	cleanups.push(stop);
	const exporter: Exporter = {
		...real,
		async scrape(format) {
			arrived();
			await gate;
			return real.scrape(format);
		},
	};
	const limits = { drainMs: 60_000 };
	const server = await listen({ exporter, host: '127.0.0.1', port: 0, limits });
	const agent = new Agent({ keepAlive: true });
	cleanups.push(() => agent.destroy());
	const sent = request({ port: server.port, path: '/metrics', agent });
	sent.end();
	const idle = dial(server.port);
	idle.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
	await Promise.all([asked, once(idle, 'data')]);

	let isClosed = false;
	const closing = server.close().then(() => {
		isClosed = true;
	});
	await once(idle, 'close');
	expect(isClosed).toBe(false);
	open();
	const [response] = await once(sent, 'response');
	let body = '';
	for await (const chunk of response) body += chunk;
	expect(parseExposition(body).of('tidemark_up')).toEqual({ '': 1 });
	await closing;
	await expect(ask(server.port, '/healthz')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a drain has an end, whoever is not answered yet', async () => {
	const exporter: Exporter = {
		scrape: () => new Promise(() => {}),
		faults: [],
		readiness: async () => ({ isReady: true, reason: 'ok' }),
	};
	const server = await listen({ exporter, host: '127.0.0.1', port: 0, limits: { drainMs: 100 } });
	const waiting = dial(server.port);
	waiting.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
	await expect.poll(() => server.connections()).toBe(1);
	const closed = rest(waiting);
	const started = performance.now();
	await server.close();
	expect(performance.now() - started).toBeLessThan(3000);
	expect(await closed).toBe('');
});

test.each([
	[undefined, 'text'],
	['*/*', 'text'],
	['text/html', 'text'],
	['application/openmetrics-text', 'openmetrics'],
	['application/openmetrics-text; version=0.0.1', 'openmetrics'],
	['application/openmetrics-text; version=2.0.0', 'text'],
	['application/openmetrics-text;q=0.3, text/plain;q=0.9', 'text'],
	['text/plain;q=0.5, application/openmetrics-text;version="1.0.0";q=0.9', 'openmetrics'],
	['application/openmetrics-text;q=0', 'text'],
	['application/openmetrics-text;q=nonsense', 'text'],
	[
		'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1',
		'openmetrics',
	],
])('Accept: %s is %s', (accept, format) => {
	expect(negotiate(accept)).toBe(format);
});

describe('a token', () => {
	test('comes from a file, which wins, or the environment', () => {
		const folder = mkdtempSync(join(tmpdir(), 'tidemark-token-'));
		cleanups.push(() => rmSync(folder, { recursive: true }));
		const file = join(folder, 'token');
		writeFileSync(file, 'from-the-file\n');
		expect(readToken({ file, variable: 'from-the-environment' })).toBe('from-the-file');
		expect(readToken({ file: undefined, variable: 'from-the-environment' })).toBe(
			'from-the-environment',
		);
		expect(readToken({ file: undefined, variable: undefined })).toBeUndefined();
		writeFileSync(file, '\n');
		expect(() => readToken({ file, variable: 'from-the-environment' })).toThrow(/holds no token/);
		expect(() => readToken({ file: join(folder, 'none'), variable: undefined })).toThrow(/ENOENT/);
	});

	test('is never part of what is wrong with it', () => {
		let message = '';
		try {
			readToken({ file: undefined, variable: 'sec ret-that-is-long' });
		} catch (error) {
			message = String(error);
		}
		expect(message).toContain('TIDEMARK_METRICS_TOKEN holds no token');
		expect(message).not.toMatch(/sec|ret-/);
		expect(() => readToken({ file: undefined, variable: '' })).toThrow(/TIDEMARK_METRICS_TOKEN/);
	});
});
