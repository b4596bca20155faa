import type pg from 'pg';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { sample } from './catalog.ts';
import { pipelines, pipelineTables } from './pipeline-tables.ts';

const database = useDatabase({ template: 'empty' });
let client: pg.Client;

beforeAll(async () => {
	client = await database.client();
	await client.query(`
		create table task_usage (created_at timestamptz, updated_at timestamptz);
		${pipelines.map(pipelineTables).join(';')}`);
});

describe.each(pipelines)('$name', ({ name, state, dirty }) => {
	const never = {
		pipeline: name,
		watermark_at: 0,
		newest_usage_at: null,
		data_lag_seconds: null,
		run_age_seconds: null,
		last_run_started_at: null,
		last_run_finished_at: null,
		last_run_rows: null,
		last_error: null,
		watermark_seconds: 0,
	};
	const variants = ['', 'created-only'];

	beforeEach(async () => {
		await client.query(
			`truncate task_usage, ${state}, ${dirty}; insert into ${state} (id) values (1)`,
		);
	});

	const lag = async (variant = '') =>
		(await sample(client, `rollup/${name}-state`, variant))[0]?.data_lag_seconds;

	test.each(variants)('never ticked, no usage: no lag, no age %s', async (variant) => {
		expect(await sample(client, `rollup/${name}-state`, variant)).toEqual([never]);
	});

	test.each(variants)('never ticked, usage: the lag goes back to the epoch %s', async (variant) => {
		await client.query(`insert into task_usage values ('2026-01-01Z', null)`);
		expect(await lag(variant)).toBe(Date.UTC(2026, 0, 1) / 1000);
	});

	test('the newest event is by updated_at, by created_at where that is NULL', async () => {
		await client.query(`update ${state} set watermark_at = '2026-01-01 12:00Z'`);
		await client.query(`insert into task_usage values
			('2026-01-01 14:00Z', '2026-01-01 12:10Z'), ('2026-01-01 11:00Z', '2026-01-01 11:00Z'),
			('2026-01-01 11:00Z', null), ('2026-01-01 12:05Z', null)`);
		expect(await lag()).toBe(600);
		expect(await lag('created-only')).toBe(7200);
		await client.query(`insert into task_usage values ('2026-01-01 13:00Z', null)`);
		expect(await lag()).toBe(3600);
	});

	test('a watermark ahead of all usage is no lag', async () => {
		await client.query(`update ${state} set watermark_at = now() + interval '1 day'`);
		await client.query('insert into task_usage values (now(), now())');
		expect(await lag()).toBe(0);
	});

	test.each(['infinity', '-infinity'])('a watermark of %s is no error', async (watermark) => {
		await client.query(`update ${state} set watermark_at = '${watermark}'`);
		await client.query('insert into task_usage values (now(), now())');
		const [row] = await sample(client, `rollup/${name}-state`);
		expect(row?.watermark_at).toBe(Number(watermark.replace('infinity', 'Infinity')));
		expect(row?.data_lag_seconds).toBe(watermark === 'infinity' ? 0 : Number.POSITIVE_INFINITY);
	});

	test('what the last run left', async () => {
		await client.query(`update ${state} set last_run_rows = 12, last_error = repeat('x', 5000),
			last_run_started_at = '2026-01-01Z', last_run_finished_at = now() - interval '2 minutes'`);
		const [row] = await sample(client, `rollup/${name}-state`);
		expect(row).toMatchObject({
			run_age_seconds: expect.closeTo(120, -1),
			last_run_started_at: Date.UTC(2026, 0, 1),
			last_run_rows: 12,
			last_error: 'x'.repeat(1000),
		});
	});

	test('a state table that lost its row says nothing', async () => {
		await client.query(`delete from ${state}`);
		expect(await sample(client, `rollup/${name}-state`)).toEqual([]);
	});

	test('an empty dirty queue has no ages', async () => {
		expect(await sample(client, `rollup/${name}-dirty`)).toEqual([
			{
				pipeline: name,
				dirty_rows: 0,
				is_estimate: false,
				oldest_seconds: null,
				newest_seconds: null,
			},
		]);
	});

	test('a dirty queue is counted', async () => {
		await client.query(
			`insert into ${dirty} (enqueued_at) select now() - n * interval '1 s' from generate_series(11, 300) as n`,
		);
		expect(await sample(client, `rollup/${name}-dirty`)).toEqual([
			{
				pipeline: name,
				dirty_rows: 290,
				is_estimate: false,
				oldest_seconds: expect.closeTo(300, -1),
				newest_seconds: expect.closeTo(11, -1),
			},
		]);
	});

	test('enqueued since the snapshot is 0 s old', async () => {
		await client.query(`insert into ${dirty} (enqueued_at) values (now() + interval '1 hour')`);
		expect((await sample(client, `rollup/${name}-dirty`))[0]).toMatchObject({
			oldest_seconds: 0,
			newest_seconds: 0,
		});
	});

	test('a huge one is estimated; an index makes its ends exact', async () => {
		const enqueue = (from: number, to: number) =>
			client.query(`insert into ${dirty} (enqueued_at)
				select now() - ${to + from} * interval '1 s' + n * interval '1 s' from generate_series(${from}, ${to}) as n`);
		// The newest first: the oldest are not among the rows read.
		await enqueue(1, 30_000);
		await enqueue(100_000, 130_000);
		const dirtyRow = async () => (await sample(client, `rollup/${name}-dirty`))[0];
		expect(await dirtyRow()).toMatchObject({ dirty_rows: 20_001, is_estimate: true });
		await client.query(`analyze ${dirty}`);
		const capped = await dirtyRow();
		expect(capped).toMatchObject({ dirty_rows: 60_001, is_estimate: true });
		expect(capped?.oldest_seconds).toBeLessThan(31_000);
		await client.query(`create index by_time on ${dirty} (enqueued_at)`);
		const exact = await dirtyRow();
		await client.query('drop index by_time');
		expect(exact?.oldest_seconds).toBeCloseTo(130_000, -2);
		expect(exact?.newest_seconds).toBeCloseTo(1, -1.5);
	});
});

test('a pipeline that is missing leaves the others alone', async () => {
	await client.query('drop table task_usage_dashboard_rollup_state, task_usage_dashboard_dirty');
	await expect(sample(client, 'rollup/dashboard-state')).rejects.toThrow(/does not exist/);
	for (const part of ['state', 'dirty', 'lock']) {
		expect(await sample(client, `rollup/hourly-${part}`)).toHaveLength(1);
		expect(await sample(client, `rollup/daily-${part}`)).toHaveLength(1);
	}
});
