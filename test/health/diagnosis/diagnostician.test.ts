import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Parts } from '../../../source/compose.ts';
import type { Diagnosis } from '../../../source/health/diagnosis/diagnose.ts';
import { Diagnostician, shortestPauseMs } from '../../../source/health/diagnosis/diagnostician.ts';
import type { Readings } from '../../../source/sampling/ask.ts';
import { queueRows } from '../../sql/queue-rows.ts';
import { useDatabase } from '../../support/database.ts';
import { startProxy } from '../../support/proxy.ts';
import { composeFor, whenSnapshot } from '../../support/sampling.ts';
import { outline } from './diagnosed.ts';

const database = useDatabase();
const rows = queueRows(database);
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
	vi.useRealTimers();
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
	await rows.clear();
});

function watching(url = database.url): Parts {
	const parts = composeFor(url, { interval: '250ms' });
	cleanups.push(() => parts.stop());
	return parts;
}

/** The next diagnosis that is finished. */
const next = ({ diagnostician }: Parts): Promise<Diagnosis> =>
	new Promise((resolve) => {
		const before = diagnostician.current();
		const unsubscribe = diagnostician.subscribe(() => {
			const latest = diagnostician.current();
			if (latest === undefined || latest === before || diagnostician.isAsking) return;
			unsubscribe();
			resolve(latest);
		});
	});

const hang = async () =>
	rows.task({ status: 'running', started: '25 m', runtime: await rows.runtime('20 m') });

describe('evidence', () => {
	test('is gathered by itself when a verdict turns for the worse, and not before', async () => {
		const parts = watching();
		await rows.runtime('1 s');
		parts.loop.start();
		parts.diagnostician.watch();
		await whenSnapshot(parts.store, ({ seq }) => seq > 5);
		expect(parts.diagnostician.current()).toBeUndefined();
		const turned = next(parts);
		await hang();
		expect(outline(await turned).join()).toContain('silent-runtime');
	});

	test('is gathered again when the verdict is gone: nothing mended stays on the screen', async () => {
		// The pause between two diagnoses need not be waited for.
		vi.useFakeTimers({ toFake: ['Date'] });
		const parts = watching();
		await hang();
		parts.diagnostician.watch();
		const first = next(parts);
		parts.loop.start();
		expect(outline(await first).join()).toContain('silent-runtime');
		await rows.clear();
		vi.setSystemTime(Date.now() + shortestPauseMs);
		const second = await next(parts);
		expect(outline(second).join()).not.toContain('silent-runtime');
		expect(second.unexplained).toEqual([]);
	});

	test('is gathered again when a lost server is back, though every verdict is as it was', async () => {
		vi.useFakeTimers({ toFake: ['Date'] });
		const proxy = await startProxy(database.url);
		cleanups.push(() => proxy.close());
		const parts = watching(proxy.url);
		await hang();
		parts.diagnostician.watch();
		const first = next(parts);
		parts.loop.start();
		await first;
		proxy.refuse(true);
		proxy.reset();
		await whenSnapshot(parts.store, ({ connection }) => connection.kind === 'lost');
		vi.setSystemTime(Date.now() + shortestPauseMs);
		const second = next(parts);
		proxy.refuse(false);
		void parts.loop.refresh();
		expect(outline(await second).join()).toContain('silent-runtime');
	});

	test('that costs the server much is not gathered unasked again and again, however verdicts turn', async () => {
		vi.useFakeTimers({ toFake: ['Date'] });
		const { monitor, loop } = watching();
		let gathered = 0;
		const dear = { kind: 'empty', at: 0, cost: { serverMs: 900 } } as const;
		const diagnostician = new Diagnostician({
			evidence: () => [],
			async ask() {
				gathered += 1;
				return new Map([['rollup/locks', dear]]) as unknown as Readings;
			},
			refresh: () => loop.refreshAnew(),
			monitor,
			intervalMs: () => loop.intervalMs,
		});
		cleanups.push(() => diagnostician.stop());
		diagnostician.watch();
		/** A sample some time later, in which the verdict has turned. */
		const turnAfter = async (ms: number, turn: () => Promise<unknown>) => {
			vi.setSystemTime(Date.now() + ms);
			await turn();
			await loop.refreshAnew();
			await vi.waitUntil(() => !diagnostician.isAsking);
		};
		await loop.refresh();
		await turnAfter(0, hang);
		expect(gathered).toBe(1);
		// Three hundred ms are owed: at three thousandths of a processor, a hundred seconds.
		await turnAfter(60_000, rows.clear);
		expect(gathered).toBe(1);
		await turnAfter(60_000, async () => {});
		expect(gathered).toBe(2);
	});

	test('is not gathered again for as long as the verdict stays', async () => {
		const parts = watching();
		await hang();
		parts.diagnostician.watch();
		const first = next(parts);
		parts.loop.start();
		const found = await first;
		const { seq } = parts.store.latest();
		await whenSnapshot(parts.store, (snapshot) => snapshot.seq > seq + 5);
		expect(parts.diagnostician.current()).toBe(found);
	});

	test('is gathered once for all who ask meanwhile', async () => {
		const parts = watching();
		await parts.loop.refreshAll();
		const { diagnostician } = parts;
		const [first, second] = await Promise.all([diagnostician.ask(), diagnostician.ask()]);
		expect(second).toBe(first);
		expect(await diagnostician.ask()).not.toBe(first);
	});

	test('and verdicts are of one moment: what ended before the evidence came is not told', async () => {
		const { monitor, loop } = watching();
		await hang();
		await loop.refreshAll();
		const diagnostician = new Diagnostician({
			evidence: () => [],
			// It ends after the sample, and before the evidence.
			ask: () => rows.clear().then(() => new Map()),
			refresh: () => loop.refreshAnew(),
			monitor,
			intervalMs: () => loop.intervalMs,
		});
		expect(monitor.current().verdicts.map(({ signal }) => signal)).toContain(
			'running-on-silent-runtime',
		);
		expect((await diagnostician.ask()).unexplained).toEqual([]);
	});

	test('that is on its way is not the answer to who asks anew', async () => {
		const asked: PromiseWithResolvers<Readings>[] = [];
		const { monitor, loop } = watching();
		const diagnostician = new Diagnostician({
			evidence: () => [],
			ask() {
				const answer = Promise.withResolvers<Readings>();
				asked.push(answer);
				return answer.promise;
			},
			refresh: () => loop.refreshAnew(),
			monitor,
			intervalMs: () => 2000,
		});
		const first = diagnostician.ask();
		const anew = diagnostician.askAnew();
		asked[0]?.resolve(new Map());
		await first;
		await vi.waitUntil(() => asked.length === 2);
		asked[1]?.resolve(new Map([['rollup/locks', { kind: 'pending' }]]));
		expect(await anew).not.toBe(await first);
	});

	test('that cannot be had any more leaves what was found last, with its time', async () => {
		const proxy = await startProxy(database.url);
		cleanups.push(() => proxy.close());
		const parts = watching(proxy.url);
		await hang();
		await parts.loop.refreshAll();
		const found = await parts.diagnostician.ask();
		expect(found.findings).not.toEqual([]);
		proxy.refuse(true);
		proxy.reset();
		await parts.loop.refreshAnew();
		expect(parts.store.latest().connection.kind).toBe('lost');
		expect(await parts.diagnostician.askAnew()).toBe(found);
	});

	test('comes on the two connections there are, in two trips, while sampling goes on', async () => {
		const proxy = await startProxy(database.url);
		cleanups.push(() => proxy.close());
		const parts = watching(proxy.url);
		await parts.loop.refreshAll();
		const before = proxy.trips();
		await parts.diagnostician.ask();
		// What is there, and then everything at once.
		expect(proxy.trips() - before).toBe(2);
		expect(proxy.connections()).toEqual({ open: 2, most: 2, total: 2 });
		const left = await database.rows(
			`select state, xact_start, (select count(*)::int from pg_locks l where l.pid = a.pid) as locks
			from pg_stat_activity a where application_name = 'tidemark' and datname = current_database()`,
		);
		expect(left).toEqual(Array(2).fill({ state: 'idle', xact_start: null, locks: 0 }));
	});

	test('that the server is too frozen to give is a gap, and no exception', async () => {
		const proxy = await startProxy(database.url);
		cleanups.push(() => proxy.close());
		const parts = watching(proxy.url);
		await parts.loop.refreshAll();
		proxy.refuse(true);
		proxy.reset();
		const { gaps, findings } = await parts.diagnostician.ask();
		expect(findings).toEqual([]);
		expect(gaps.length).toBeGreaterThan(10);
		expect(new Set(gaps.map(({ reason }) => reason)).size).toBe(1);
	});
});
