import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseSampler } from '../../source/catalog/front-matter.ts';
import { settings } from '../../source/config/settings.ts';
import { resolveConfig } from '../../source/config.ts';
import { TidemarkError } from '../../source/errors.ts';
import { listen } from '../../source/metrics/http-server.ts';
import { ask, exporterFor } from '../metrics/scrape.ts';
import { useDatabase } from '../support/database.ts';
import { fc } from '../support/properties.ts';

// What else comes from outside is fuzzed where it is read: connection strings in postgres/target, the
// configuration file in config/file, recordings in sampling/history, own samplers' SQL in
// catalog/statement, texts of the server in lib/text, and the protocol's bytes in faults/network.

/** Text as people and machines get it wrong: near what is right, or nowhere near. */
const nearly = (...right: string[]) =>
	fc.oneof(
		fc.constantFrom(...right),
		fc.tuple(fc.constantFrom(...right), fc.string()).map(([known, more]) => known + more),
		fc.string({ unit: 'binary' }),
	);

const durations = [
	'2s',
	'500ms',
	'8s',
	'60m',
	'0s',
	'-1s',
	'1e9s',
	'1.5s',
	'99999999999999999999m',
];
const flagNames = ['metrics', 'samplers', 'name', 'metricsTokenFile', 'readOnly', 'ascii'];
const known = Object.values(settings) as readonly { flag?: string; env?: string }[];
const names = (kind: 'flag' | 'env') => known.flatMap((setting) => setting[kind] ?? []);

describe('settings', () => {
	it('flags and variables of any kind give a configuration, or one error that names them', () => {
		const value = nearly(...durations, '9187', '[::1]:9187', '0.0.0.0:99999', 'dark', 'true');
		const source = fc.record({
			flags: fc.dictionary(
				fc.constantFrom(...names('flag'), ...flagNames, '__proto__', 'constructor'),
				fc.oneof(value, fc.boolean(), fc.array(value, { maxLength: 3 })),
			),
			env: fc.dictionary(fc.constantFrom(...names('env'), 'TIDEMARK_METRICS'), value),
		});
		let refused = 0;
		fc.assert(
			fc.property(source, ({ flags, env }) => {
				try {
					const config = resolveConfig({ flags, env });
					expect(config.intervalMs).toBeGreaterThanOrEqual(250);
					expect(config.intervalMs).toBeLessThanOrEqual(3_600_000);
					expect(config.statementTimeoutMs).toBeLessThanOrEqual(30_000);
				} catch (error) {
					if (!(error instanceof TidemarkError)) throw error;
					expect(error.kind).toBe('config');
					refused += 1;
				}
			}),
			{ numRuns: 60 },
		);
		expect(refused).toBeGreaterThan(10);
	});
});

describe('the head of a sampler file', () => {
	it('of any kind gives a sampler, or faults with a line that is in the file', () => {
		const line = fc
			.tuple(
				nearly(
					'title',
					'panel',
					'every',
					'timeout',
					'max-rows',
					'needs',
					'server',
					'columns',
					'metric',
				),
				nearly('own', '5s', '100', 'runs(status)', '>=14', 'value integer', 'own_metric', 'gauge'),
			)
			.map(([key, value]) => `-- ${key}: ${value}`);
		const file = fc
			.tuple(fc.array(line, { maxLength: 12 }), nearly('select 1 as value', 'select 1; commit', ''))
			.map(([head, sql]) => [...head, sql].join('\n'));
		let parsed = 0;
		fc.assert(
			fc.property(file, (text) => {
				const result = parseSampler('own.sql', 'own', 'own', text);
				if ('sampler' in result) {
					parsed += 1;
					return;
				}
				expect(result.faults.length).toBeGreaterThan(0);
				for (const fault of result.faults) {
					expect(fault.line).toBeGreaterThanOrEqual(1);
					expect(fault.line).toBeLessThanOrEqual(text.split('\n').length + 1);
					expect(fault.reason).not.toMatch(/undefined|TypeError/);
				}
			}),
			{ numRuns: 200 },
		);
		const whole = '-- title: own\n-- panel: own\n-- columns: value integer\nselect 1 as value';
		expect(parseSampler('own.sql', 'own', 'own', whole)).toHaveProperty('sampler');
		expect(parsed).toBeLessThan(200);
	});
});

describe('requests to /metrics', () => {
	const database = useDatabase();

	it('of any bytes are answered or cut, and hold up nobody', async () => {
		const { exporter, stop } = exporterFor(database.url);
		const limits = { headersTimeoutMs: 300, requestTimeoutMs: 600, checkMs: 50, keepAliveMs: 200 };
		const server = await listen({ exporter, host: '127.0.0.1', port: 0, limits });
		const head = nearly('GET /metrics HTTP/1.1', 'GET / HTTP/1.0', 'HEAD /readyz HTTP/1.1');
		const field = fc
			.tuple(
				nearly('Host', 'Content-Length', 'Transfer-Encoding', 'Connection', 'Accept', 'Expect'),
				nearly(
					'x',
					'-1',
					'99999999999999999999',
					'chunked',
					'upgrade',
					'*/*;q=zzz',
					'100-continue',
				),
			)
			.map(([name, value]) => `${name}: ${value}`);
		const request = fc
			.tuple(head, fc.array(field, { maxLength: 80 }), fc.string({ unit: 'binary' }))
			.map(([first, fields, body]) => `${[first, ...fields].join('\r\n')}\r\n\r\n${body}`);
		try {
			await fc.assert(
				fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (requests) => {
					const socket = connect(server.port, '127.0.0.1');
					socket.on('error', () => {});
					let answer = '';
					socket.on('data', (chunk) => {
						answer += chunk.toString('latin1');
					});
					socket.write(requests.join(''));
					await once(socket, 'close');
					expect(answer).not.toMatch(/^HTTP\/1\.1 500/m);
					expect(answer === '' || answer.startsWith('HTTP/1.1 ')).toBe(true);
				}),
				{ numRuns: 40 },
			);
			expect(await ask(server.port, '/metrics')).toMatchObject({ status: 200 });
			await expect.poll(() => server.connections()).toBe(0);
		} finally {
			await server.close();
			await stop();
		}
	});
});
