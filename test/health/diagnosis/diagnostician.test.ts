import { afterEach, describe, expect, test } from 'vitest';
import type { Parts } from '../../../source/compose.ts';
import type { Diagnosis } from '../../../source/health/diagnosis/diagnose.ts';
import { queueRows } from '../../sql/queue-rows.ts';
import { useDatabase } from '../../support/database.ts';
import { startProxy } from '../../support/proxy.ts';
import { composeFor, whenSnapshot } from '../../support/sampling.ts';
import { outline } from './diagnosed.ts';

const database = useDatabase();
const rows = queueRows(database);
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
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
