import type { Client } from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { runBackfill } from '../../source/actions/backfill.ts';
import {
	type BackfillPlan,
	type BackfillWish,
	paceOf,
	planBackfill,
} from '../../source/actions/backfill-plan.ts';
import { backfillLines } from '../../source/actions/describe.ts';
import { type LedgerSlice, leftBehind, openLedger } from '../../source/actions/ledger.ts';
import type { Performed } from '../../source/actions/perform.ts';
import { type Receipt, writeReceipt } from '../../source/actions/receipts.ts';
import { backfillSpec, plainBackfill } from '../../source/actions/specs/backfill.ts';
import { monthStart, monthText } from '../../source/actions/times.ts';
import { useDatabase } from '../support/database.ts';
import { createField } from './field.ts';
import { actionSessions, isHeld, type Stage, setStage, until } from './stage.ts';
import { seedWorld } from './world.ts';

const plain: BackfillWish = {
	engine: 'function',
	isPartialForced: false,
	isByMonth: false,
	sleepMs: 0,
	statementTimeoutMs: 60_000,
	finished: [],
};

const database = useDatabase({ template: 'empty' });
let client: Client;
let stage: Stage;
beforeAll(async () => {
	client = await database.client();
	await createField(client, database.url);
	await seedWorld(client, { from: '100 days', to: '40 days' });
});
beforeEach(async () => {
	stage = setStage(database.url);
	await client.query('truncate task_usage_hourly, task_usage_hourly_dirty');
	await client.query(`update task_usage_hourly_rollup_state set watermark_at = 'epoch'`);
});
afterEach(async () => {
	await until(
		client,
		`select not exists (select from pg_stat_activity where application_name = 'tidemark-action' and datname = current_database())`,
	);
	stage.remove();
});

const look = (wish: Partial<BackfillWish> = {}): Promise<BackfillPlan> =>
	stage.at('backfill', 'hourly', (place) =>
		planBackfill(stage.context, place, { ...plain, ...wish }),
	);

const run = (wish: Partial<BackfillWish> = {}): Promise<Performed> =>
	stage.at('backfill', 'hourly', async (place) =>
		runBackfill(
			stage.context,
			place,
			await planBackfill(stage.context, place, { ...plain, ...wish }),
		),
	);

const state = async () => {
	const { rows } = await client.query(
		`select count(*)::int as buckets, (select watermark_at from task_usage_hourly_rollup_state) as watermark,
			now() as now from task_usage_hourly`,
	);
	return rows[0] as { buckets: number; watermark: Date; now: Date };
};

describe('the plan', () => {
	test('has the calendar months of the oldest to the newest row', async () => {
		const { rows } = await client.query(
			`select to_char(month, 'YYYY-MM') as month, count(id)::int as rows
			from generate_series(
				(select date_trunc('month', min(created_at), 'UTC') from task_usage),
				(select date_trunc('month', max(coalesce(updated_at, created_at)), 'UTC') from task_usage), '1 month') month
			left join task_usage on date_trunc('month', coalesce(updated_at, created_at), 'UTC') = month
			group by 1 order by 1`,
		);
		const { months, abandoned } = await look();
		const shown = months.map(({ fromMs, rows: count }) => ({
			month: monthText(fromMs),
			rows: count,
		}));
		expect(shown).toEqual(rows);
		expect(rows.length).toBeGreaterThan(2);
		expect(abandoned).toBeUndefined();
	});

	test('writes nothing and takes no lock', async () => {
		await look();
		expect((await state()).buckets).toBe(0);
		expect((await client.query(isHeld(4246))).rows[0].exists).toBe(false);
		expect(stage.receipts()).toEqual([]);
	});
});

describe('a whole walk', () => {
	test.each(['function', 'direct'] as const)(
		'by %s makes every bucket and stamps',
		async (engine) => {
			const { receipt } = await run({ engine });
			const { buckets, watermark, now } = await state();
			const { rows } = await client.query(
				`select count(distinct (task_usage_hour_bucket(u.created_at), t.agent_id, t.runtime_id, i.project_id, u.provider, u.model))::int as n
			from task_usage u join agent_task_queue t on t.id = u.task_id left join issue i on i.id = t.issue_id
			where t.runtime_id is not null`,
			);
			expect(buckets).toBe(rows[0].n);
			expect(now.getTime() - watermark.getTime()).toBeGreaterThanOrEqual(300_000);
			expect(now.getTime() - watermark.getTime()).toBeLessThan(330_000);
			expect(receipt).toMatchObject({
				action: 'backfill',
				pipeline: 'hourly',
				outcome: 'done',
				rows: { before: 0, after: buckets },
				what: { engine },
			});
			const { longestSliceMs = 0, longestHoldMs = 0 } = receipt;
			expect(longestSliceMs).toBeGreaterThan(0);
			// Nobody waited: it was held from the first slice to the last.
			const workedMs = stage.events.reduce(
				(sum, event) => sum + (event.kind === 'slice-done' ? event.tookMs : 0),
				0,
			);
			expect(longestHoldMs).toBeGreaterThanOrEqual(Math.floor(workedMs));
			expect(stage.receipts()).toEqual([receipt]);
			expect(leftBehind(stage.context)).toEqual([]);
		},
	);

	test('is one transaction a month, under the lock, in the order of time', async () => {
		const { months } = await look();
		await run();
		const slices = stage.events.flatMap((event) =>
			event.kind === 'slice-done' ? [event.slice] : [],
		);
		expect(slices.slice(0, months.length)).toEqual(
			months
				.map(({ fromMs, toMs }) => ({ fromMs, toMs }))
				.map((slice, index) =>
					expect.objectContaining(index < months.length - 1 ? slice : { fromMs: slice.fromMs }),
				),
		);
		expect(slices.map(({ fromMs }) => fromMs)).toEqual(
			slices.map(({ fromMs }) => fromMs).toSorted((a, b) => a - b),
		);
	});

	test(`stamps by the database's clock, whatever this machine's says`, async () => {
		const now = Date.now;
		const wrong = vi.spyOn(Date, 'now').mockImplementation(() => now() + 7_200_000);
		await run().finally(() => wrong.mockRestore());
		const { watermark, now: serverNow } = await state();
		expect(serverNow.getTime() - watermark.getTime()).toBeGreaterThanOrEqual(300_000);
	});

	test('drains the queue up to the watermark, and no further', async () => {
		const key = `'2025-01-01', 'a0000000-0000-4000-8000-000000000001', gen_random_uuid(), gen_random_uuid(), null, 'x'`;
		await client.query(
			`insert into task_usage_hourly_dirty values (${key}, 'old', now() - interval '6 minutes'), (${key}, 'new', now() - interval '4 minutes')`,
		);
		await run();
		const { rows } = await client.query('select model from task_usage_hourly_dirty');
		expect(rows).toEqual([{ model: 'new' }]);
	});

	/** Does something with a table that has no usage. */
	async function emptied<T>(work: () => Promise<T>): Promise<T> {
		await client.query('begin; create table kept as table task_usage; truncate task_usage; commit');
		try {
			return await work();
		} finally {
			await client.query(
				'truncate task_usage; insert into task_usage select * from kept; drop table kept',
			);
		}
	}

	test('of a table that is no more empty when it is confirmed rolls up what has come', async () => {
		const { buckets } = await emptied(async () => {
			const plan = await look();
			expect(plan.months).toEqual([]);
			await client.query('insert into task_usage select * from kept');
			await stage.at('backfill', 'hourly', (place) => runBackfill(stage.context, place, plan));
			return state();
		});
		const whole = await run();
		expect(buckets).toBeGreaterThan(50);
		expect(whole.receipt.rows).toEqual({ before: buckets, after: buckets });
	});

	test('of no month takes in what has changed since it was looked at', async () => {
		const id = (await client.query('select id from task_usage order by created_at limit 1')).rows[0]
			.id;
		const plan = await look({ monthsBack: 0, isPartialForced: true });
		expect(plan.months).toEqual([]);
		// As if it had been confirmed ten minutes ago.
		const settledMs = plan.extent.settledMs - 600_000;
		await client.query(
			`update task_usage set updated_at = now() - interval '10 minutes' where id = $1`,
			[id],
		);
		await stage.at('backfill', 'hourly', (place) =>
			runBackfill(stage.context, place, { ...plan, extent: { ...plan.extent, settledMs } }),
		);
		await client.query('update task_usage set updated_at = created_at where id = $1', [id]);
		expect((await state()).buckets).toBe(1);
	});

	test('of an empty table only stamps', async () => {
		const { receipt, buckets, watermark } = await emptied(async () => {
			const performed = await run();
			return { ...performed, ...(await state()) };
		});
		expect(buckets).toBe(0);
		expect(watermark.getTime()).toBeGreaterThan(Date.now() - 400_000);
		expect(receipt.touched).toBe(0);
	});

	test('takes in what was changed after the newest month was made', async () => {
		await client.query(
			`update task_usage set input_tokens = 7, updated_at = now() - interval '20 minutes'
			where id = (select id from task_usage order by created_at limit 1)`,
		);
		await run();
		const { rows } = await client.query(
			'select min(input_tokens)::int as least from task_usage_hourly',
		);
		expect(rows[0].least).toBe(7);
	});
});

describe('the direct engine where it is not used', () => {
	/** So slow was the function here before that more than ten rows would hold the lock for over 5 s. */
	const slowBefore = () => {
		const before = { action: 'backfill', pipeline: 'hourly', where: stage.context.target.label };
		const of = (engine: 'function' | 'direct', rowsPerSecond: number) =>
			writeReceipt(stage.context.folder, {
				...before,
				what: { engine: 'direct' },
				engine,
				rowsPerSecond,
			} as unknown as Receipt);
		of('function', 2);
		of('direct', 60_000);
	};
	const longest = () => {
		const slices = stage.events.flatMap((event) =>
			event.kind === 'slice-done' && event.rows > 0 ? [event.rows] : [],
		);
		return Math.max(...slices);
	};

	test('is known when it is planned, where the table has other columns', async () => {
		slowBefore();
		await client.query('alter table task_usage_hourly add column input_cost numeric');
		try {
			const plan = await look({ engine: 'direct' });
			expect(plan).toMatchObject({ engine: 'function', pace: { rowsPerMs: 0.002 } });
			expect(backfillLines(plan).join('\n')).toMatch(
				/predicted, by function engine\n +not direct +task_usage_hourly has columns that tidemark doesn't know: input_cost/,
			);
			const { receipt } = await run({ engine: 'direct' });
			expect(receipt).toMatchObject({ engine: 'function', what: { engine: 'direct' } });
			expect(longest()).toBeLessThanOrEqual(10);
		} finally {
			await client.query('alter table task_usage_hourly drop column input_cost');
		}
	});

	test('because they differ: the walk is cut for the function', async () => {
		slowBefore();
		const { rows } = await client.query(
			`select pg_get_functiondef('rollup_task_usage_hourly_window'::regproc) as source`,
		);
		await client.query(
			rows[0].source.replace('sum(u.input_tokens)::bigint', 'sum(u.input_tokens)::bigint + 1'),
		);
		const { receipt } = await run({ engine: 'direct' }).finally(() => client.query(rows[0].source));
		expect(receipt.engine).toBe('function');
		expect(longest()).toBeLessThanOrEqual(10);
	});

	test('on our own pipelines is not taken to be as fast as on those of the field', async () => {
		const own = { canResolve: true } as const;
		const [theirs, ours] = await stage.at('backfill', 'hourly', async (place) => {
			const dirty = place.facts.tables[place.pipeline.dirty] as NonNullable<
				(typeof place.facts.tables)[string]
			>;
			const tables = {
				...place.facts.tables,
				[place.pipeline.dirty]: { ...dirty, columns: { ...dirty.columns, cause: 'text' } },
			};
			const facts = { ...place.facts, ...own, tables };
			return [
				paceOf(stage.context, place, plain, 'direct'),
				paceOf(stage.context, { ...place, facts }, plain, 'direct'),
			];
		});
		expect(ours?.rowsPerMs).toBeLessThan((theirs?.rowsPerMs ?? 0) / 5);
	});
});

describe('--months-back', () => {
	test('is refused with the oldest month that it would abandon', async () => {
		const { rows } = await client.query(
			`select to_char(min(created_at) at time zone 'UTC', 'YYYY-MM') as month from task_usage`,
		);
		await expect(run({ monthsBack: 1 })).rejects.toThrow(`abandon usage from ${rows[0].month} on`);
		expect(await state()).toMatchObject({ buckets: 0, watermark: new Date(0) });
	});

	test('with force walks the last months only, and stamps', async () => {
		const { abandoned, months } = await look({ monthsBack: 2, isPartialForced: true });
		expect(abandoned?.rows).toBeGreaterThan(0);
		expect(months.length).toBeGreaterThan(0);
		await run({ monthsBack: 2, isPartialForced: true });
		// One row of the oldest month was changed today.
		const { rows } = await client.query(
			`select count(*) filter (where bucket_hour < date_trunc('month', now(), 'UTC') - interval '2 months 3 days')::int as old from task_usage_hourly`,
		);
		expect(rows[0].old).toBe(1);
		expect((await state()).watermark.getTime()).toBeGreaterThan(Date.now() - 400_000);
	});

	test('that abandons nothing is not refused', async () => {
		await expect(run({ monthsBack: 12 })).resolves.toMatchObject({ receipt: { outcome: 'done' } });
	});
});

describe('stopping', () => {
	test('between slices keeps the finished ones, frees the lock, leaves the watermark, and can be resumed', async () => {
		const stopped = run({ sleepMs: 60_000 });
		stopped.catch(() => {});
		await stage.whenEvent(({ kind }) => kind === 'slice-done');
		const { rows: held } = await client.query(isHeld(4246));
		stage.stop.abort();
		await expect(stopped).rejects.toMatchObject({
			outcome: 'stopped',
			resume: 'backfill --pipeline hourly --resume',
		});
		expect(held[0].exists).toBe(true);
		const partly = await state();
		expect(partly.buckets).toBeGreaterThan(0);
		expect(partly.watermark).toEqual(new Date(0));
		await until(client, `select not (${isHeld(4246)})`);
		const [left] = leftBehind(stage.context);
		expect(left?.slices).toHaveLength(1);
		expect(stage.receipts()).toMatchObject([{ outcome: 'stopped' }]);

		const again = setStage(database.url, { folder: stage.context.folder });
		const [slice] = left?.slices ?? [];
		const finished = [{ ...(slice as LedgerSlice), tookMs: 200_000 }];
		const resumed = await again.at('backfill', 'hourly', (place) =>
			planBackfill(again.context, place, { ...plain, finished }),
		);
		expect(resumed.pace.rowsPerMs).toBeCloseTo((slice?.rows ?? 0) / 200_000);
		await again.at('backfill', 'hourly', async (place) =>
			runBackfill(
				again.context,
				place,
				await planBackfill(again.context, place, { ...plain, finished: left?.slices ?? [] }),
			),
		);
		const done = again.events.flatMap((event) =>
			event.kind === 'slice-done' ? [event.slice.fromMs] : [],
		);
		expect(done).not.toContain(left?.slices[0]?.fromMs);
		expect((await state()).watermark.getTime()).toBeGreaterThan(0);
		expect(leftBehind(again.context)).toEqual([]);
		const whole = await state();
		const anew = setStage(database.url, { folder: stage.context.folder });
		await anew.at('backfill', 'hourly', async (place) =>
			runBackfill(anew.context, place, await planBackfill(anew.context, place, plain)),
		);
		expect((await state()).buckets).toBe(whole.buckets);
	});

	test('and going on a month later keeps to what was asked for', async () => {
		const stopped = run({ monthsBack: 2, isPartialForced: true, sleepMs: 60_000 });
		stopped.catch(() => {});
		await stage.whenEvent(({ kind }) => kind === 'slice-done');
		stage.stop.abort();
		await expect(stopped).rejects.toMatchObject({ outcome: 'stopped' });
		const [left] = leftBehind(stage.context);
		const since = monthText(monthStart(Date.now(), -2));
		expect(left?.what).toMatchObject({ since, sleepMs: 60_000, forcePartial: true });
		const again = setStage(database.url, { folder: stage.context.folder });
		const before = monthStart(Date.now(), -3);
		openLedger(stage.context.folder, {
			...(left as NonNullable<typeof left>),
			id: '99',
			what: { ...left?.what, since: monthText(before) },
		});
		const { wish, months } = await again.at('backfill', 'hourly', (place) =>
			backfillSpec({ ...plainBackfill, sleepMs: undefined }, true).plan(place, again.context),
		);
		expect(wish.sleepMs).toBe(60_000);
		expect(months[0]?.fromMs).toBe(before);
	});

	test('in the middle of a slice rolls it back', async () => {
		// The second month waits for this row of the rollup.
		const other = await database.client();
		const { months } = await look();
		await run();
		await client.query(`update task_usage_hourly_rollup_state set watermark_at = 'epoch'`);
		await client.query('update task_usage_hourly set input_tokens = 0');
		await other.query('begin');
		await other.query('select from task_usage_hourly where bucket_hour >= $1 for update', [
			new Date(months[1]?.fromMs ?? 0),
		]);
		const stopped = run();
		stopped.catch(() => {});
		await until(
			client,
			`select exists (select from pg_stat_activity where application_name = 'tidemark-action' and wait_event_type = 'Lock')`,
		);
		stage.stop.abort();
		await expect(stopped).rejects.toMatchObject({ outcome: 'stopped' });
		await other.query('rollback');
		const { rows } = await client.query(
			`select bool_or(input_tokens > 0) as first, bool_or(input_tokens > 0) filter (where bucket_hour >= $1) as second from task_usage_hourly`,
			[new Date(months[1]?.fromMs ?? 0)],
		);
		expect(rows[0]).toEqual({ first: true, second: false });
		expect((await state()).watermark).toEqual(new Date(0));
		await expect.poll(() => actionSessions(client)).toEqual([]);
	});
});

describe('a second backfill', () => {
	test('waits for the first, and ticks come back with nothing', async () => {
		const first = run({ sleepMs: 60_000 });
		first.catch(() => {});
		await stage.whenEvent(({ kind }) => kind === 'slice-done');
		expect((await client.query('select rollup_task_usage_hourly() as n')).rows[0].n).toBe('0');
		const waiting = setStage(database.url, { waitMs: Number.POSITIVE_INFINITY });
		const second = waiting.at('backfill', 'hourly', async (place) =>
			runBackfill(waiting.context, place, await planBackfill(waiting.context, place, plain)),
		);
		const busy = await waiting.whenEvent(({ kind }) => kind === 'busy');
		expect(busy).toMatchObject({ users: [{ isHolder: true, application: 'tidemark-action' }] });
		stage.stop.abort();
		await expect(first).rejects.toThrow('Stopped');
		expect((await second).receipt.outcome).toBe('done');
		waiting.remove();
	});

	test('with no time to wait says who has the lock, since when, doing what', async () => {
		const holder = await database.client({ application_name: 'leaky-pool' });
		await holder.query('select pg_advisory_lock(4246)');
		await expect(run()).rejects.toThrow(
			/Busy, nothing was done: lock 4246 of the hourly rollup is held by pid \d+ \(leaky-pool, role \w+\) for at least \d+s: idle, last select pg_advisory_lock\(4246\)/,
		);
		await holder.query('select pg_advisory_unlock(4246)');
		expect(stage.receipts()).toEqual([]);
	});
});
