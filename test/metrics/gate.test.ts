import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { longestWaitMs, shortestWaitMs } from '../../source/metrics/sample-gate.ts';
import { useDatabase } from '../support/database.ts';
import { startProxy, type TcpProxy } from '../support/proxy.ts';
import { type Exposed, exporterFor, scrape, type TestExporter } from './scrape.ts';

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

/** The middle one: a busy machine holds up one answer or the other, a wait for the database each. */
const medianOf = (values: readonly number[]): number =>
	values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** What a busy machine may take until something has come about. */
const patience = { timeout: 20_000 };

/** How often a sampler has been asked. */
const runs = (exposed: Exposed) =>
	exposed.of('multica_business_sampler_query_seconds_count')['name="task-queued"'];

describe('one sample serves everybody', () => {
	test('that asks at the same time, in either format', async () => {
		const { parts, exporter } = exporting(1);
		await parts.loop.refreshAll();
		const published = parts.store.history.length;
		const trips = proxy.trips();
		await Promise.all(
			Array.from({ length: 50 }, (_, at) => exporter.scrape(at % 2 ? 'text' : 'openmetrics')),
		);
		await vi.waitFor(() => expect(parts.store.history.length).toBe(published + 1), patience);
		expect(proxy.trips() - trips).toBe(1);
	});

	test('until it is older than the TTL', async () => {
		vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
		cleanups.push(() => vi.useRealTimers());
		const { parts, exporter } = exporting();
		await parts.loop.refreshAll();
		vi.setSystemTime(Date.now() + 7500);
		for (let count = 0; count < 100; count += 1) await exporter.scrape('text');
		expect(runs(await scrape(exporter))).toBe(1);
		vi.setSystemTime(Date.now() + 1000);
		await vi.waitFor(async () => expect(runs(await scrape(exporter))).toBe(2), patience);
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
		const { parts, exporter } = exporting(1);
		await parts.loop.refreshAll();
		for (let count = 0; count < 10; count += 1) await scrape(exporter);
		const trips = proxy.trips();
		proxy.freeze();
		const answers = [];
		for (let count = 0; count < 30; count += 1) answers.push(await timed(scrape(exporter)));
		// The first may wait that long for the refresh that is due, and no other waits at all.
		expect(shortestWaitMs).toBeLessThan(100);
		expect(medianOf(answers.map(({ tookMs }) => tookMs))).toBeLessThan(shortestWaitMs);
		for (const { value } of answers) {
			expect(value.of('tidemark_up')).toEqual({ '': 0 });
			expect(value.of('multica_workspace_total')).toEqual({ '': 0 });
		}
		const ageOf = (exposed: Exposed) => exposed.of('tidemark_last_sample_age_seconds')[''] ?? 0;
		const first = ageOf(answers[0]?.value as Exposed);
		await vi.waitFor(
			async () => expect(ageOf(await scrape(exporter))).toBeGreaterThan(first + 0.5),
			patience,
		);
		expect(await exporter.readiness()).toMatchObject({ isReady: false });
		// Whoever asked, one question is under way and no more.
		expect(proxy.trips() - trips).toBeLessThanOrEqual(1);
		proxy.thaw();
		await vi.waitFor(
			async () => expect((await scrape(exporter)).of('tidemark_up')).toEqual({ '': 1 }),
			patience,
		);
		expect(await exporter.readiness()).toEqual({ isReady: true, reason: 'ok' });
		expect(proxy.connections().most).toBeLessThanOrEqual(2);
	});

	test('from the start is waited for a second at most, then no more', async () => {
		proxy.freeze();
		const { exporter } = exporting();
		const first = await timed(scrape(exporter));
		// The server's own limit is seconds away.
		expect(first.tookMs).toBeLessThan(2 * longestWaitMs);
		expect(first.value.of('tidemark_up')).toEqual({ '': 0 });
		expect(first.value.of('tidemark_last_sample_age_seconds')).toEqual({});
		const later = [];
		for (let count = 0; count < 9; count += 1) later.push((await timed(scrape(exporter))).tookMs);
		expect(medianOf(later)).toBeLessThan(100);
	});
});

test('a database that is gone is told at once, and tried once a second at most', async () => {
	const { parts, exporter } = exporting(1);
	await parts.loop.refreshAll();
	proxy.refuse(true);
	proxy.reset();
	await vi.waitFor(() => expect(parts.store.latest().connection.kind).toBe('lost'), patience);
	const goneAt = performance.now();
	expect((await scrape(exporter)).of('tidemark_up')).toEqual({ '': 0 });
	const published = parts.store.history.length;
	const tookMs = [];
	for (let count = 0; count < 100; count += 1) tookMs.push((await timed(scrape(exporter))).tookMs);
	expect(medianOf(tookMs)).toBeLessThan(100);
	// A flood of scrapes is no flood of attempts, nor of snapshots kept for an hour.
	const seconds = (performance.now() - goneAt) / 1000;
	expect(parts.store.history.length - published).toBeLessThanOrEqual(1 + seconds);
	const errors = async () =>
		(await scrape(exporter)).of('multica_business_sampler_query_errors_total')['name="acquire"'];
	await vi.waitFor(async () => expect(await errors()).toBeGreaterThanOrEqual(2), patience);
	expect(performance.now() - goneAt).toBeGreaterThan(1000);
	const failed = await errors();
	proxy.refuse(false);
	await vi.waitFor(
		async () => expect((await scrape(exporter)).of('tidemark_up')).toEqual({ '': 1 }),
		patience,
	);
	expect(((await errors()) ?? 0) - (failed ?? 0)).toBeLessThanOrEqual(1);
});

test('refreshes that usually take longer are waited for longer', async () => {
	const { parts, exporter } = exporting(1);
	await parts.loop.refreshAll();
	proxy.setDelayMs(75);
	// Not yet known to be slow: answered from memory, while the refresh goes on.
	await vi.waitFor(
		async () => expect((await scrape(exporter)).of('tidemark_up')).toEqual({ '': 1 }),
		patience,
	);
	// Nor is one that comes late on a busy machine the end of it.
	await vi.waitFor(async () => {
		const ups = [];
		for (let count = 0; count < 3; count += 1)
			ups.push((await scrape(exporter)).of('tidemark_up')['']);
		expect(ups).toEqual([1, 1, 1]);
	}, patience);
});

test('a database that takes longer than a scrape waits is up, until it takes twice as long as usual', async () => {
	const { parts, exporter } = exporting(1);
	await parts.loop.refreshAll();
	// Of each direction: a refresh takes over a second.
	proxy.setDelayMs(longestWaitMs / 2 + 50);
	await vi.waitFor(async () => {
		const { of } = await scrape(exporter);
		expect(of('tidemark_up')).toEqual({ '': 1 });
		// From memory: the refresh is still under way.
		expect(of('tidemark_last_sample_age_seconds')['']).toBeGreaterThan(0.5);
	}, patience);
	expect(await exporter.readiness()).toEqual({ isReady: true, reason: 'ok' });
	proxy.freeze();
	await vi.waitFor(
		async () => expect((await scrape(exporter)).of('tidemark_up')).toEqual({ '': 0 }),
		patience,
	);
	const answers = [];
	for (let count = 0; count < 9; count += 1) answers.push(await timed(scrape(exporter)));
	expect(medianOf(answers.map(({ tookMs }) => tookMs))).toBeLessThan(100);
	for (const { value } of answers) expect(value.of('tidemark_up')).toEqual({ '': 0 });
});
