import type pg from 'pg';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { sample } from './catalog.ts';
import { createRuns, insertRuns } from './lease-rows.ts';

const database = useDatabase({ template: 'empty' });
let client: pg.Client;
const runs = (status: string, values?: Record<string, string>, count?: number) =>
	insertRuns(client, status, values, count);

beforeAll(async () => {
	client = await database.client();
	await createRuns(client, 'run_status', ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED']);
});
beforeEach(async () => {
	await client.query('truncate runs');
});

describe('blueprints', () => {
	test('a small table is counted exactly', async () => {
		await runs('QUEUED', { blueprint: `'build'` }, 2);
		await runs('RUNNING', { blueprint: `'build'` });
		await runs('FAILED', { blueprint: `'deploy'` }, 4);
		await runs('FAILED');
		expect(await sample(client, 'lease/blueprint-runs')).toEqual([
			{ blueprint: 'deploy', status: 'FAILED', runs: 4, is_estimate: false },
			{ blueprint: 'build', status: 'QUEUED', runs: 2, is_estimate: false },
			{ blueprint: 'build', status: 'RUNNING', runs: 1, is_estimate: false },
			{ blueprint: null, status: 'FAILED', runs: 1, is_estimate: false },
		]);
	});

	test('at most 100 pairs, the most frequent', async () => {
		await runs('FAILED', { blueprint: `'b' || generate_series` }, 150);
		await runs('QUEUED', { blueprint: `'busy'` }, 2);
		const found = await sample(client, 'lease/blueprint-runs');
		expect(found).toHaveLength(100);
		expect(found[0]?.blueprint).toBe('busy');
	});

	test('of a large one the finished are scaled up from a fixed sample, the live ones counted', async () => {
		await runs('SUCCEEDED', { blueprint: `'b' || generate_series % 4` }, 80_000);
		await runs('QUEUED', { blueprint: `'b1'` }, 300);
		await client.query('analyze runs');
		const found = await sample(client, 'lease/blueprint-runs');
		expect(found).toHaveLength(5);
		expect(found.at(-1)).toEqual({
			blueprint: 'b1',
			status: 'QUEUED',
			runs: 300,
			is_estimate: false,
		});
		const finished = found.slice(0, 4);
		expect(finished.every((row) => row.is_estimate)).toBe(true);
		const total = finished.reduce((sum, row) => sum + Number(row.runs), 0);
		expect(Math.abs(total / 80_000 - 1)).toBeLessThan(0.15);
		expect(await sample(client, 'lease/blueprint-runs')).toEqual(found);
	});

	test('durations of what finished in the last 15 minutes', async () => {
		const finished = (ago: number, seconds: number) => ({
			blueprint: `'build'`,
			queued_at: `now() - interval '1 hour'`,
			started_at: `now() - interval '${ago + seconds} s'`,
			finished_at: `now() - interval '${ago} s'`,
		});
		await runs('SUCCEEDED', finished(60, 4));
		await runs('FAILED', finished(60, 100));
		await runs('SUCCEEDED', finished(60, 4000));
		await runs('SUCCEEDED', finished(60, -5));
		await runs('SUCCEEDED', finished(1000, 5));
		await runs('RUNNING', { ...finished(60, 5), finished_at: 'null' });
		await runs('FAILED', { ...finished(60, 5), started_at: 'null' });
		expect(await sample(client, 'lease/blueprint-duration')).toEqual([
			{
				...{ blueprint: 'build', le_1: 1, le_5: 2, le_15: 2, le_30: 2, le_60: 2, le_120: 3 },
				...{ le_300: 3, le_600: 3, le_1800: 3, le_3600: 3, count: 4 },
				sum: expect.closeTo(4104, 3),
			},
		]);
	});
});

describe('an enum of another name that lacks labels', () => {
	test('is no error: what has no label is nowhere', async () => {
		await createRuns(client, '"State of a run"', ['waiting, maybe', 'RUNNING']);
		await runs('waiting, maybe', { blueprint: `'build'` }, 2);
		await runs('RUNNING', { blueprint: `'build'`, lease_expires_at: `now() + interval '1 s'` });
		expect(await sample(client, 'lease/ready')).toEqual([
			{ ready: 0, future: 0, oldest_ready_seconds: 0, longest_wait_seconds: 0 },
		]);
		expect((await sample(client, 'lease/running'))[0]?.active).toBe(1);
		expect(await sample(client, 'lease/depth')).toEqual([
			{ status: 'waiting, maybe', runs: 2, is_estimate: false },
			{ status: 'RUNNING', runs: 1, is_estimate: false },
		]);
		expect(await sample(client, 'lease/blueprint-runs')).toEqual([
			{ blueprint: 'build', status: 'waiting, maybe', runs: 2, is_estimate: false },
			{ blueprint: 'build', status: 'RUNNING', runs: 1, is_estimate: false },
		]);
	});
});
