import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { longestWaitMs } from '../../source/metrics/sample-gate.ts';
import { useDatabase } from '../support/database.ts';
import { startProxy, type TcpProxy } from '../support/proxy.ts';
import { type Exposed, exporterFor, parseExposition, scrape, type TestExporter } from './scrape.ts';

const database = useDatabase();
let proxy: TcpProxy;
let cleanups: (() => unknown)[] = [];

beforeEach(async () => {
	proxy = await startProxy(database.url);
	cleanups = [() => proxy.close()];
});
afterEach(async () => {
	for (const cleanup of cleanups.reverse()) await cleanup();
});

function exporting(ttlMs?: number): TestExporter {
	const started = exporterFor(proxy.url, {}, ttlMs);
	cleanups.push(() => started.stop());
	return started;
}

async function timed<T>(work: Promise<T>): Promise<{ readonly value: T; readonly tookMs: number }> {
	const started = performance.now();
	const value = await work;
	return { value, tookMs: performance.now() - started };
}

/** How often a sampler has been asked. */
const runs = (exposed: Exposed) =>
	exposed.of('multica_business_sampler_query_seconds_count')['name="task-queued"'];

describe('one sample serves everybody', () => {
	test('that asks at the same time, in either format', async () => {
		const { exporter } = exporting(1);
		expect(runs(await scrape(exporter))).toBe(1);
		const answers = await Promise.all(
			Array.from({ length: 50 }, (_, at) => exporter.scrape(at % 2 ? 'text' : 'openmetrics')),
		);
		expect(runs(parseExposition(String(answers[1])))).toBe(2);
	});

	test('until it is older than the TTL', async () => {
		vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
		cleanups.push(() => vi.useRealTimers());
		const { exporter } = exporting();
		await scrape(exporter);
		vi.setSystemTime(Date.now() + 7500);
		for (let count = 0; count < 100; count += 1) await exporter.scrape('text');
		expect(runs(await scrape(exporter))).toBe(1);
		vi.setSystemTime(Date.now() + 1000);
		expect(runs(await scrape(exporter))).toBe(2);
	});

	test('and nobody is nobody: nothing is left that would ask by itself', async () => {
		vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
		cleanups.push(() => vi.useRealTimers());
		const { parts, exporter } = exporting();
		expect(proxy.connections().total).toBe(0);
		await parts.loop.refreshAll();
		await exporter.scrape('text');
		expect(parts.store.latest().connection.kind).toBe('live');
		expect(vi.getTimerCount()).toBe(0);
	});
});

describe('a frozen database', () => {
	test('is answered for from memory, in under 100 ms, and mends by itself', async () => {
		const { exporter } = exporting(1);
		for (let count = 0; count < 10; count += 1) await scrape(exporter);
		const trips = proxy.trips();
		proxy.freeze();
		const answers = [];
		for (let count = 0; count < 30; count += 1) answers.push(await timed(scrape(exporter)));
		for (const { value, tookMs } of answers) {
			expect(tookMs).toBeLessThan(100);
			expect(value.of('tidemark_up')).toEqual({ '': 0 });
			expect(value.of('multica_workspace_total')).toEqual({ '': 0 });
		}
		const ageOf = (exposed: Exposed) => exposed.of('tidemark_last_sample_age_seconds')[''] ?? 0;
		const first = ageOf(answers[0]?.value as Exposed);
		await vi.waitFor(async () =>
			expect(ageOf(await scrape(exporter))).toBeGreaterThan(first + 0.5),
		);
		expect(await exporter.readiness()).toMatchObject({ isReady: false });
		// Whoever asked, one question is under way and no more.
		expect(proxy.trips() - trips).toBeLessThanOrEqual(1);
		proxy.thaw();
		await vi.waitFor(
			async () => expect((await scrape(exporter)).of('tidemark_up')).toEqual({ '': 1 }),
			{ timeout: 10_000 },
		);
		expect(await exporter.readiness()).toEqual({ isReady: true, reason: 'ok' });
		expect(proxy.connections().most).toBeLessThanOrEqual(2);
	});

	test('from the start is waited for a second at most, then no more', async () => {
		proxy.freeze();
		const { exporter } = exporting();
		const first = await timed(scrape(exporter));
		expect(first.tookMs).toBeLessThan(longestWaitMs + 100);
		expect(first.value.of('tidemark_up')).toEqual({ '': 0 });
		expect(first.value.of('tidemark_last_sample_age_seconds')).toEqual({});
		expect((await timed(scrape(exporter))).tookMs).toBeLessThan(100);
	});
});

test('a database that is gone is told at once, and tried once a second at most', async () => {
	const { parts, exporter } = exporting(1);
	await parts.loop.refreshAll();
	proxy.refuse(true);
	proxy.reset();
	await vi.waitFor(() => expect(parts.store.latest().connection.kind).toBe('lost'));
	const goneAt = performance.now();
	const { value, tookMs } = await timed(scrape(exporter));
	expect(tookMs).toBeLessThan(100);
	expect(value.of('tidemark_up')).toEqual({ '': 0 });
	const published = parts.store.history().length;
	for (let count = 0; count < 100; count += 1) await scrape(exporter);
	// A flood of scrapes is no flood of attempts, nor of snapshots kept for an hour.
	expect(parts.store.history().length - published).toBeLessThanOrEqual(1);
	const errors = async () =>
		(await scrape(exporter)).of('multica_business_sampler_query_errors_total')['name="acquire"'];
	await vi.waitFor(async () => expect(await errors()).toBe(2), { timeout: 5000 });
	expect(performance.now() - goneAt).toBeGreaterThan(1000);
	proxy.refuse(false);
	await vi.waitFor(
		async () => expect((await scrape(exporter)).of('tidemark_up')).toEqual({ '': 1 }),
		{ timeout: 1500 },
	);
	expect(await errors()).toBe(2);
});

test('refreshes that usually take longer are waited for longer', async () => {
	const { exporter } = exporting(1);
	await scrape(exporter);
	proxy.setDelayMs(75);
	// Not yet known to be slow: answered from memory, while the refresh goes on.
	await vi.waitFor(
		async () => expect((await scrape(exporter)).of('tidemark_up')).toEqual({ '': 1 }),
		{ timeout: 5000 },
	);
	const ups = [];
	for (let count = 0; count < 3; count += 1)
		ups.push((await scrape(exporter)).of('tidemark_up')['']);
	expect(ups).toEqual([1, 1, 1]);
});
