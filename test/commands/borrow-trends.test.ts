import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { startBorrowing } from '../../source/commands/borrow-trends.ts';
import { Monitor } from '../../source/health/monitor.ts';
import { prometheusOf } from '../../source/prometheus/settings.ts';
import { createStore } from '../../source/sampling/store.ts';
import { tasksPanel } from '../../source/ui/panels/tasks.ts';
import { numbered } from '../sampling/history/samples.ts';
import { environment } from '../ui/fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-prometheus-'));
afterAll(() => rmSync(folder, { recursive: true }));

let server: Server | undefined;
let stop = () => {};
afterEach(() => {
	stop();
	server?.closeAllConnections();
	server?.close();
});

/** Asks a server of which only the answers matter, and gives what the console then knows. */
async function asked(answer: RequestListener, authFile = '') {
	server = createServer(answer);
	await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	const now = Date.now();
	const store = createStore({ ...numbered(0), at: now, answeredAt: now, publishedAt: now });
	const monitor = new Monitor(store);
	const told = () => monitor.current().events.map(({ text }) => text);
	const config = {
		prometheus: `http://127.0.0.1:${port}/behind/a/path/`,
		prometheusMatch: 'job="multica"',
		prometheusAuthFile: authFile,
	};
	stop = await startBorrowing({ store, monitor }, config, environment);
	await vi.waitFor(() => expect(told().join()).toContain('Prometheus at'), { timeout: 20_000 });
	return { told: told().filter((text) => text.includes('Prometheus')), store, port };
}

const matrix = (...result: readonly unknown[]) =>
	JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } });

describe('a Prometheus that answers', () => {
	it('fills what was before the start, added up over the sources, and is asked with its token', async () => {
		const seen: string[] = [];
		const token = join(folder, 'token');
		writeFileSync(token, 'basic watcher:s3cret\n');
		const { store, told } = await asked((request, response) => {
			const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
			const query = searchParams.get('query') ?? '';
			seen.push(`${pathname} ${query} ${request.headers.authorization}`);
			const start = Number(searchParams.get('start'));
			const values = [
				[start + 15, '2'],
				[start + 30, '3'],
			];
			const metric = (source: string) => ({ job: 'multica', instance: 'a', source });
			response.end(
				query.startsWith('multica_agent_task_queued')
					? matrix({ metric: metric('chat'), values }, { metric: metric('issue'), values })
					: matrix(),
			);
		}, token);
		expect(seen).toHaveLength(6);
		expect(seen[0]).toBe(
			`/behind/a/path/api/v1/query_range multica_agent_task_queued{job="multica"} Basic ${btoa('watcher:s3cret')}`,
		);
		expect(told[0]).toMatch(/^charts of before \d\d:\d\d:\d\d are filled from Prometheus/);
		const trends = store.history.trends();
		const values = trends.values(tasksPanel.series.read);
		expect([...values].filter((value) => !Number.isNaN(value))).toEqual([4, 6]);
		expect(values).toHaveLength(trends.times.length);
		expect(trends.borrowed?.from).toMatch(/^127\.0\.0\.1:\d+$/);
		expect([...trends.times]).toEqual([...trends.times].toSorted((a, b) => a - b));
	});

	it('for several databases is not believed: one is to be chosen', async () => {
		const values = [[1, '2']];
		const { told, store } = await asked((_, response) => {
			response.end(
				matrix(
					{ metric: { job: 'tidemark', instance: 'a:1' }, values },
					{ metric: { job: 'tidemark', instance: 'b:1\x1b[2J' }, values },
				),
			);
		});
		expect(told).toEqual([
			expect.stringMatching(
				/2 targets: choose one with --prometheus-match, such as 'job="tidemark",instance="a:1"'; charts begin at the start$/,
			),
		]);
		expect(store.history.trends().borrowed).toBeUndefined();
	});

	it('for one database in one metric and for another in the next is not believed either', async () => {
		const { told, store } = await asked((request, response) => {
			const { searchParams } = new URL(request.url ?? '', 'http://x');
			const isOfTasks = searchParams.get('query')?.startsWith('multica_agent_task_queued');
			const values = [[Number(searchParams.get('start')) + 15, '2']];
			const metric = { job: 'tidemark', instance: isOfTasks ? 'a:1' : 'b:1' };
			response.end(matrix({ metric, values }));
		});
		expect(told).toEqual([expect.stringMatching(/ 2 targets: choose one /)]);
		expect(store.history.trends().borrowed).toBeUndefined();
	});
});

describe('a Prometheus that does not', () => {
	it.each<[string, RequestListener, RegExp]>([
		['answers with a page', (_, response) => response.end('<html>'), /something that is no JSON/],
		[
			'answers with another shape',
			(_, response) => response.end('{"status":"success","data":[]}'),
			/something else than samples over time/,
		],
		[
			'answers without end',
			(_, response) => void response.write(' '.repeat(5 * 2 ** 20)),
			/more than 4 MB/,
		],
		[
			'wants a password',
			(_, response) => response.writeHead(401).end('secret'),
			/another user or token/,
		],
		[
			'refuses',
			(_, response) =>
				response.writeHead(422).end('{"status":"error","error":"too \\u001b[2J far"}'),
			/status 422: too [^\x1b]*far/,
		],
		[
			'sends elsewhere',
			(_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
			/cannot be asked/,
		],
		['breaks off', (request) => request.socket.destroy(), /cannot be asked/],
		['never answers', () => {}, /has not answered within 5 s/],
	])('%s: one line says so, and charts begin at the start', async (_, answer, reason) => {
		const { told, store } = await asked(answer);
		expect(told).toHaveLength(1);
		expect(told[0]).toMatch(reason);
		expect(told[0]).toMatch(/^Prometheus at 127\.0\.0\.1:\d+ .*; charts begin at the start$/);
		expect(store.history.trends().times).toHaveLength(1);
	});
});

describe('the address of a Prometheus', () => {
	it.each([
		['prometheus:9090', '', /is an address such as/],
		['http://me:s3cret@prometheus:9090', '', /takes no user or password in its address/],
		['http://prometheus:9090', join(folder, 'none'), /can't be read: ENOENT/],
	])('%s is refused, and no password is told', (address, file, reason) => {
		expect(() => prometheusOf(address, file)).toThrow(reason);
		expect(() => prometheusOf(address, file)).not.toThrow(/s3cret/);
	});

	it('comes with a header of what its file holds', () => {
		const file = join(folder, 'auth');
		const headers = ['bearer abc.def', 'abc.def', 'basic me:pass', 'two words', ''].map((text) => {
			writeFileSync(file, `${text}\n`);
			try {
				return prometheusOf('https://prometheus/x', file).authorization;
			} catch (error) {
				return (error as Error).message.replace(file, 'FILE');
			}
		});
		const refusal = 'FILE holds no line such as "bearer TOKEN" or "basic USER:PASSWORD"';
		expect(headers).toEqual([
			'Bearer abc.def',
			'Bearer abc.def',
			`Basic ${btoa('me:pass')}`,
			refusal,
			refusal,
		]);
	});
});
