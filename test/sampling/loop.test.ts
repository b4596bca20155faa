import { afterEach, describe, expect, it } from 'vitest';
import type { Parts } from '../../source/compose.ts';
import type { SampleOutcome } from '../../source/sampling/book.ts';
import { reprobeMs } from '../../source/sampling/refresher.ts';
import { useDatabase } from '../support/database.ts';
import { startProxy, type TcpProxy } from '../support/proxy.ts';
import { composeFor, samplerFolder, whenSnapshot } from '../support/sampling.ts';

const database = useDatabase();
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function own(files: Readonly<Record<string, string>>): string {
	const folder = samplerFolder(files);
	cleanups.push(folder.remove);
	return folder.path;
}

function sampling(
	url: string,
	flags: Parameters<typeof composeFor>[1] = {},
	observe?: Parameters<typeof composeFor>[2],
	clock?: Parameters<typeof composeFor>[3],
): Parts {
	const parts = composeFor(url, flags, observe, clock);
	cleanups.push(() => parts.stop());
	return parts;
}

async function proxied(): Promise<TcpProxy> {
	const proxy = await startProxy(database.url);
	cleanups.push(() => proxy.close());
	return proxy;
}

const columns = '-- columns: value integer';
const counted = `${columns}\nselect count(*) as value from counted`;

describe('a refresh', () => {
	it('asks every sampler that applies here, and none fails', async () => {
		const { loop } = sampling(database.url);
		const { readings, connection } = await loop.refreshAll();
		expect(connection.kind).toBe('live');
		const byKind = Object.groupBy(readings, ([, reading]) => reading.kind);
		expect(byKind.failed ?? []).toEqual([]);
		expect(byKind.unavailable ?? []).toEqual([]);
		expect(readings.get('multica/task-queued')).toMatchObject({ kind: 'ok' });
		expect(readings.get('multica/active')).toMatchObject({ kind: 'ok' });
	});

	it('is one round trip, under 130 ms at 100 ms of latency, on two connections at most', async () => {
		const proxy = await proxied();
		const { loop } = sampling(proxy.url);
		await loop.refreshAll();
		proxy.setDelayMs(50);
		await loop.refresh();
		const trips: number[] = [];
		const wallMs: number[] = [];
		for (let count = 0; count < 5; count += 1) {
			const before = proxy.trips();
			const { trip } = await loop.refresh();
			trips.push(proxy.trips() - before);
			wallMs.push(trip?.wallMs ?? 0);
			expect(trip?.samplers).toBeGreaterThan(15);
		}
		expect(new Set(trips)).toEqual(new Set([1]));
		// The best of five: the machine may be busy with other tests.
		expect(Math.min(...wallMs)).toBeGreaterThanOrEqual(100);
		expect(Math.min(...wallMs)).toBeLessThan(130);
		expect(proxy.connections()).toEqual({ open: 2, most: 2, total: 2 });
		proxy.setDelayMs(0);
	});

	it('runs what was planned before, and has it planned anew with each look at what exists', async () => {
		const folder = own({
			plans: `${columns}\nselect coalesce(sum(generic_plans + custom_plans), 0) as value
				from pg_prepared_statements where statement like '%pg_prepared_statements%'`,
		});
		let now = 0;
		const clock = { now: () => now, random: () => 0 };
		const { loop } = sampling(database.url, { samplers: [folder] }, undefined, clock);
		const runs = async () => {
			const reading = (await loop.refresh()).readings.get('own/plans');
			return reading?.kind === 'ok' ? reading.rows[0]?.value : reading;
		};
		// A plan counts as soon as it is made: its own run is among them.
		expect([await runs(), await runs(), await runs()]).toEqual([1, 2, 3]);
		now += reprobeMs;
		await runs();
		expect(await runs()).toBeLessThan(3);
	});

	it('leaves no open transaction and no lock behind', async () => {
		const { loop } = sampling(database.url);
		await loop.refreshAll();
		const left = await database.rows(
			`select state, xact_start, (select count(*)::int from pg_locks l where l.pid = a.pid) as locks
			from pg_stat_activity a where application_name = 'tidemark' and datname = current_database()`,
		);
		expect(left).toEqual([
			{ state: 'idle', xact_start: null, locks: 0 },
			{ state: 'idle', xact_start: null, locks: 0 },
		]);
	});
});

describe('a sampler that fails', () => {
	it('fails alone: 57014, counted, its last good rows kept with their age', async () => {
		await database.rows('create table if not exists counted (id int)');
		await database.rows('create table if not exists pause (seconds float8)');
		await database.rows('insert into pause values (0)');
		const folder = own({
			good: counted,
			slow: `${columns}\n-- timeout: 100ms\nselect count(*) + length(pg_sleep(max(seconds))::text) as value from pause`,
		});
		const outcomes: (SampleOutcome | 'acquire-failed')[] = [];
		const { loop } = sampling(database.url, { samplers: [folder] }, (outcome) =>
			outcomes.push(outcome),
		);
		const first = await loop.refresh();
		const good = first.readings.get('own/slow');
		expect(good).toMatchObject({ kind: 'ok', rows: [{ value: 1 }] });

		await database.rows('update pause set seconds = 30');
		outcomes.length = 0;
		const second = await loop.refresh();
		const stale = second.readings.get('own/slow');
		expect(stale).toMatchObject({
			kind: 'stale',
			rows: [{ value: 1 }],
			failures: 1,
			failure: {
				sqlstate: '57014',
				sentence: expect.stringContaining('cancelled by the server after its limit of 100 ms'),
			},
		});
		expect(stale?.kind === 'stale' && stale.at).toBe(good?.kind === 'ok' && good.at);
		expect(second.readings.get('own/good')).toMatchObject({ kind: 'ok' });
		expect(second.readings.get('multica/task-queued')).toMatchObject({ kind: 'ok' });
		const failed = outcomes.filter((each) => each !== 'acquire-failed' && each.failure);
		expect(failed).toMatchObject([{ sampler: { id: 'own/slow' } }]);
		const [{ seconds } = { seconds: 0 }] = failed as SampleOutcome[];
		expect(seconds).toBeGreaterThanOrEqual(0.1);
		expect(seconds).toBeLessThan(1);
	});

	it('is asked less often, and is never given up', async () => {
		const folder = own({ broken: `${columns}\nselect 1 / 0 as value` });
		const outcomes: string[] = [];
		const { loop } = sampling(
			database.url,
			{ samplers: [folder], interval: '250ms' },
			(outcome) => {
				if (outcome !== 'acquire-failed') outcomes.push(outcome.sampler.id);
			},
		);
		for (let count = 0; count < 5; count += 1) await loop.refresh();
		const asked = outcomes.filter((id) => id === 'own/broken').length;
		expect(asked).toBeLessThan(5);
		loop.start();
		await whenSnapshot(loop.store, ({ readings }) => {
			const reading = readings.get('own/broken');
			return reading?.kind === 'failed' && reading.failures > asked;
		});
	});

	it('is kept out by a lock: one asks whether it is gone, for all that read the table', async () => {
		await database.rows('create table held (id int); create table held_too (id int)');
		const held = { needs: 'held(id)', sql: 'select 1 as value from held' };
		const heldToo = { needs: 'held_too(id)', sql: 'select 1 as value from held_too' };
		const files = { first: held, second: held, third: held, other: heldToo };
		const folder = own(
			Object.fromEntries(
				Object.entries(files).map(([name, { needs, sql }]) => [
					name,
					`-- needs: ${needs}\n${columns}\n${sql}`,
				]),
			),
		);
		let now = Date.now();
		const kept: string[] = [];
		const { loop } = sampling(
			database.url,
			{ samplers: [folder] },
			(outcome) => {
				if (outcome !== 'acquire-failed' && outcome.failure?.sqlstate === '55P03') {
					kept.push(outcome.sampler.id);
				}
			},
			{ now: () => now, random: () => 0 },
		);
		/** How many own samplers were kept waiting by a refresh, a while after the one before. */
		const waited = async (): Promise<number> => {
			now += 60_000;
			kept.length = 0;
			const { trip } = await loop.refresh();
			// Waiting is not work.
			const { wallMs = 0, serverMs = 0 } = trip ?? {};
			expect(wallMs - serverMs).toBeGreaterThan(kept.length * 240);
			return kept.length;
		};
		expect(await waited()).toBe(0);
		const holder = await database.client();
		await holder.query('begin; lock table held, held_too in access exclusive mode');
		expect(await waited()).toBe(4);
		expect(await waited()).toBe(2);
		await holder.query('commit; begin; lock table held_too in access exclusive mode');
		expect(await waited()).toBe(1);
		expect(await waited()).toBe(1);
		await holder.query('commit');
		await waited();
		now += 60_000;
		const { readings } = await loop.refresh();
		const ours = [...readings].filter(([id]) => id.startsWith('own/'));
		expect(ours.map(([, { kind }]) => kind)).toEqual(['empty', 'empty', 'empty', 'empty']);
	});

	it('is told apart when it returns other columns than its header promises', async () => {
		const folder = own({ liar: `${columns}\nselect 1 as other` });
		const { loop } = sampling(database.url, { samplers: [folder] });
		const { readings } = await loop.refresh();
		expect(readings.get('own/liar')).toMatchObject({
			kind: 'failed',
			failure: {
				sentence: expect.stringMatching(
					/liar\.sql: the header promises value, which the query does not return$/,
				),
			},
		});
	});

	it('may not return more rows than its bound', async () => {
		const folder = own({
			many: `${columns}\n-- max-rows: 10\nselect value from generate_series(1, 11) as value`,
		});
		const { loop } = sampling(database.url, { samplers: [folder] });
		const { readings } = await loop.refresh();
		expect(readings.get('own/many')).toMatchObject({
			kind: 'failed',
			failure: { sentence: expect.stringContaining('more than its max-rows of 10') },
		});
	});

	it('may not write, even as a superuser', async () => {
		const folder = own({
			writer: `${columns}\nselect set_config('transaction_read_only', 'off', true)::int as value`,
		});
		const { loop } = sampling(database.url, { samplers: [folder] });
		const { readings } = await loop.refresh();
		expect(readings.get('own/writer')).toMatchObject({ kind: 'failed' });
	});
});

describe('a sample', () => {
	it('is shared by all who ask while it is younger than the TTL', async () => {
		const { loop } = sampling(database.url);
		const asked = await Promise.all(Array.from({ length: 20 }, () => loop.sharedSnapshot(8000)));
		expect(new Set(asked).size).toBe(1);
		const [first] = asked;
		expect(await loop.sharedSnapshot(8000)).toBe(loop.store.latest());
		expect((await loop.sharedSnapshot(0)).seq).toBeGreaterThan(first?.seq ?? 0);
	});
});

describe('a server that is slow', () => {
	it('is asked less often, whoever asks, and as often as before once it is well', async () => {
		await database.rows('create table if not exists toil (seconds float8)');
		await database.rows('truncate toil; insert into toil values (0.3)');
		const folder = own({
			slow: `${columns}\nselect length(pg_sleep(max(seconds))::text) as value from toil`,
		});
		const { loop } = sampling(database.url, { samplers: [folder] });
		expect(loop.intervalMs).toBe(2000);
		loop.setIntervalMs(500);
		const first = (await loop.refresh()).trip?.serverMs ?? 0;
		expect(first).toBeGreaterThanOrEqual(300);
		// One slow refresh may be a hiccup.
		expect(loop.intervalMs).toBe(500);
		const second = (await loop.refresh()).trip?.serverMs ?? 0;
		// A fifth of the server's time at most.
		expect(loop.intervalMs).toBe(Math.round(Math.min(first, second) * 5));
		expect(loop.askedMs).toBe(500);
		expect(await loop.sharedSnapshot(0)).toBe(loop.store.latest());
		await database.rows('update toil set seconds = 0');
		loop.start();
		await expect.poll(() => loop.intervalMs, { timeout: 20_000 }).toBe(500);
	});

	it('is given the time that it needs before the next', async () => {
		await database.rows('create table if not exists toil (seconds float8)');
		await database.rows('truncate toil; insert into toil values (0.3)');
		const folder = own({
			slow: `${columns}\nselect length(pg_sleep(max(seconds))::text) as value from toil`,
		});
		const { loop } = sampling(database.url, { samplers: [folder], interval: '250ms' });
		const ends: number[] = [];
		const trips = new Set<unknown>();
		loop.store.subscribe(() => {
			const { trip } = loop.store.latest();
			if (trip === undefined || trips.has(trip)) return;
			trips.add(trip);
			ends.push(performance.now());
		});
		loop.start();
		await expect.poll(() => ends.length, { timeout: 20_000 }).toBe(4);
		expect((ends[3] ?? 0) - (ends[2] ?? 0)).toBeGreaterThan(1000);
	});
});

describe('a sample asked for anew', () => {
	it('is none that was on its way, and one for all who ask meanwhile', async () => {
		const { loop } = sampling(database.url);
		await loop.refreshAll();
		const underWay = loop.refresh();
		const [anew, shared] = await Promise.all([loop.refreshAnew(), loop.refreshAnew()]);
		expect(anew.seq).toBeGreaterThan((await underWay).seq);
		expect(shared).toBe(anew);
	});
});

describe('a lost connection', () => {
	it('is named, tried again with backoff, and found again; never over two connections', async () => {
		const proxy = await proxied();
		const { loop, store } = sampling(proxy.url, { interval: '250ms' });
		loop.start();
		const live = await whenSnapshot(store, ({ connection }) => connection.kind === 'live');
		proxy.refuse(true);
		proxy.reset();
		const lost = await whenSnapshot(
			store,
			({ connection }) => connection.kind === 'lost' && connection.attempts >= 2,
		);
		expect(lost.connection).toMatchObject({
			kind: 'lost',
			failureClass: 'lost',
			sentence: expect.stringContaining(new URL(proxy.url).port),
		});
		// What was collected stays, with its own time.
		expect(lost.readings.get('multica/task-queued')).toMatchObject({ kind: 'ok' });
		expect(lost.identity).toEqual(live.identity);
		proxy.refuse(false);
		const back = await whenSnapshot(store, ({ connection }) => connection.kind === 'live');
		expect(back.at).toBeGreaterThan(lost.at);
		expect(proxy.connections().most).toBeLessThanOrEqual(2);
	});

	it('is noticed when the server freezes, and mends when it thaws', async () => {
		const proxy = await proxied();
		const { loop, store } = sampling(proxy.url, { interval: '250ms' });
		loop.start();
		await whenSnapshot(store, ({ connection }) => connection.kind === 'live');
		proxy.freeze();
		const lost = await whenSnapshot(store, ({ connection }) => connection.kind === 'lost');
		expect(lost.connection).toMatchObject({ kind: 'lost', failureClass: 'timeout' });
		proxy.thaw();
		await whenSnapshot(store, ({ connection }) => connection.kind === 'live');
		expect(proxy.connections().most).toBeLessThanOrEqual(2);
	});

	it('is tried at once when somebody asks', async () => {
		const proxy = await proxied();
		proxy.refuse(true);
		const { loop } = sampling(proxy.url);
		for (let count = 0; count < 6; count += 1) await loop.refresh();
		expect(loop.store.latest().connection).toMatchObject({ kind: 'lost', attempts: 6 });
		proxy.refuse(false);
		expect((await loop.refresh()).connection.kind).toBe('live');
	});
});

describe('a schema that changes under it', () => {
	it('is noticed by the query that fails', async () => {
		await database.rows('create table comes_and_goes (id int)');
		const needs = '-- needs: comes_and_goes(id)\n-- columns: value integer\n';
		const folder = own({ gone: `${needs}select count(*) as value from comes_and_goes` });
		const { loop, store } = sampling(database.url, { samplers: [folder], interval: '250ms' });
		loop.start();
		const kindOf = (kind: string) =>
			whenSnapshot(store, ({ readings }) => readings.get('own/gone')?.kind === kind);
		await kindOf('ok');
		await database.rows('drop table comes_and_goes');
		const gone = await kindOf('unavailable');
		expect(gone.readings.get('own/gone')).toEqual({
			kind: 'unavailable',
			reason: 'not in this database: no table comes_and_goes',
		});
	});

	it('shows a privilege that is missing in its place, and disturbs nothing else', async () => {
		await database.rows('create table secret (id int)');
		const role = `watcher_${database.name}`;
		await database.rows(`create role ${role} login password 'w'`);
		cleanups.push(() => database.rows(`drop owned by ${role}; drop role ${role}`));
		await database.rows(`grant select on workspace to ${role}`);
		const folder = own({
			secret:
				'-- needs: secret(id)\n-- columns: value integer\nselect count(*) as value from secret',
		});
		const url = new URL(database.url);
		url.username = role;
		url.password = 'w';
		const { loop } = sampling(url.href, { samplers: [folder] });
		const { readings } = await loop.refreshAll();
		expect(readings.get('own/secret')).toEqual({
			kind: 'unavailable',
			reason: 'no privilege: GRANT SELECT ON secret to this role',
		});
		expect(readings.get('multica/workspace-total')).toMatchObject({ kind: 'ok' });
	});
});
