import type pg from 'pg';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { sample } from './catalog.ts';

const database = useDatabase({ template: 'empty' });
let client: pg.Client;

beforeAll(async () => {
	client = await database.client();
	await createRuns('run_status', ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED']);
});
beforeEach(async () => {
	await client.query('truncate runs');
});

/** The table with what every instance has; optional columns are added by the tests that need them. */
async function createRuns(type: string, labels: readonly string[]) {
	await client.query(`
		drop table if exists runs;
		create type ${type} as enum (${labels.map((label) => `'${label}'`).join(', ')});
		create table runs (
			id bigint generated always as identity,
			status ${type} not null,
			run_at timestamptz not null default now(),
			queued_at timestamptz not null default now(),
			lease_expires_at timestamptz,
			blueprint text,
			started_at timestamptz,
			finished_at timestamptz
		);
		create index ix_runs_status on runs (status);
		create index ix_runs_run_at on runs (run_at);
		create index ix_runs_queued_at on runs (queued_at);
		create index ix_runs_lease_expires_at on runs (lease_expires_at)`);
}

/** Inserts `count` equal runs; values are SQL. */
async function runs(status: string, values: Record<string, string> = {}, count = 1) {
	const names = Object.keys(values);
	await client.query(
		`insert into runs (${['status', ...names].join(', ')})
		select ${[`'${status}'`, ...Object.values(values)].join(', ')} from generate_series(1, ${count})`,
	);
}

describe('depth', () => {
	test('every label of the enum, zero where there is none', async () => {
		await runs('FAILED', {}, 2);
		await runs('QUEUED', {}, 3);
		expect(await sample(client, 'lease/depth')).toEqual([
			{ status: 'QUEUED', runs: 3, is_estimate: false },
			{ status: 'FAILED', runs: 2, is_estimate: false },
			{ status: 'RUNNING', runs: 0, is_estimate: false },
			{ status: 'SUCCEEDED', runs: 0, is_estimate: false },
		]);
	});

	test('finished runs in great number are estimated, live ones counted', async () => {
		await runs('SUCCEEDED', {}, 60_000);
		await runs('FAILED', {}, 20_000);
		await runs('QUEUED', {}, 7000);
		const [never] = await sample(client, 'lease/depth');
		expect(never).toEqual({ status: 'QUEUED', runs: 7000, is_estimate: false });
		await client.query('analyze runs');
		// Later than the statistics.
		await runs('SUCCEEDED', {}, 20_000);
		const found = await sample(client, 'lease/depth');
		expect(found.map((row) => row.status)).toEqual(['SUCCEEDED', 'FAILED', 'QUEUED', 'RUNNING']);
		expect(found.map((row) => row.is_estimate)).toEqual([true, true, false, false]);
		expect(Number(found[0]?.runs) / 80_000).toBeCloseTo(1, 0.7);
		expect(found[2]?.runs).toBe(7000);
	});

	test('without statistics an estimate is at least what was seen', async () => {
		await runs('SUCCEEDED', {}, 6000);
		await client.query(`delete from pg_statistic where starelid = 'runs'::regclass`);
		await client.query(`update pg_class set reltuples = -1, relpages = 0 where relname = 'runs'`);
		expect((await sample(client, 'lease/depth'))[0]).toEqual({
			status: 'SUCCEEDED',
			runs: 5001,
			is_estimate: true,
		});
	});
});

describe('ready', () => {
	test('nothing waits: zero, the age too', async () => {
		await runs('RUNNING');
		expect(await sample(client, 'lease/ready')).toEqual([
			{ ready: 0, future: 0, oldest_ready_seconds: 0 },
		]);
	});

	test('the oldest is by queued_at, of those that may start', async () => {
		await runs('QUEUED', {
			queued_at: `now() - interval '90 s'`,
			run_at: `now() - interval '1 s'`,
		});
		await runs('QUEUED', {
			queued_at: `now() - interval '50 s'`,
			run_at: `now() - interval '80 s'`,
		});
		await runs('QUEUED', {
			queued_at: `now() - interval '1 day'`,
			run_at: `now() + interval '1 hour'`,
		});
		await runs('SUCCEEDED', { queued_at: `now() - interval '1 year'` });
		expect(await sample(client, 'lease/ready')).toEqual([
			{ ready: 2, future: 1, oldest_ready_seconds: expect.closeTo(90, -1) },
		]);
	});

	test('queued in the future is age 0', async () => {
		await runs('QUEUED', { queued_at: `now() + interval '1 hour'` });
		expect((await sample(client, 'lease/ready'))[0]?.oldest_ready_seconds).toBe(0);
	});
});

describe('running', () => {
	const leases = async () => {
		await runs('RUNNING', { lease_expires_at: `now() + interval '1 minute'` }, 3);
		await runs('RUNNING', { lease_expires_at: `now() - interval '10 s'` });
		await runs('RUNNING', { lease_expires_at: `now() - interval '40 s'` });
		await runs('RUNNING');
		await runs('SUCCEEDED', { lease_expires_at: `now() - interval '1 day'` });
		await runs('QUEUED', { lease_expires_at: `now() - interval '1 day'` });
	};
	const counted = {
		active: 3,
		expired: 2,
		without_lease: 1,
		oldest_expired_seconds: expect.closeTo(40, -1),
	};

	test('leases in the future, in the past, and none', async () => {
		await leases();
		expect(await sample(client, 'lease/running')).toEqual([{ ...counted, workers: null }]);
	});

	test('no expired lease has no age', async () => {
		expect(await sample(client, 'lease/running')).toEqual([
			{ active: 0, expired: 0, without_lease: 0, oldest_expired_seconds: null, workers: null },
		]);
	});

	test.each([
		['lease_owner', 'lease-owner'],
		['worker_id', 'worker-id'],
	])('who holds a lease now, by %s', async (column, variant) => {
		await client.query(`alter table runs add column ${column} text`);
		await leases();
		await client.query(`update runs set ${column} = 'w' || id % 2 where lease_expires_at > now()`);
		await client.query(`update runs set ${column} = 'crashed' where lease_expires_at < now()`);
		expect(await sample(client, 'lease/running', variant)).toEqual([{ ...counted, workers: 2 }]);
	});
});

describe('workers', () => {
	test('a fresh heartbeat is one of the last minute', async () => {
		await client.query('create table workers (id text, last_heartbeat_at timestamptz)');
		expect(await sample(client, 'lease/workers')).toEqual([{ alive: 0, known: 0 }]);
		await client.query(`insert into workers values ('a', now()), ('b', now() - interval '59 s'),
			('c', now() - interval '61 s'), ('d', null)`);
		expect(await sample(client, 'lease/workers')).toEqual([{ alive: 2, known: 4 }]);
	});
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
		await createRuns('"State of a run"', ['waiting, maybe', 'RUNNING']);
		await runs('waiting, maybe', { blueprint: `'build'` }, 2);
		await runs('RUNNING', { blueprint: `'build'`, lease_expires_at: `now() + interval '1 s'` });
		expect(await sample(client, 'lease/ready')).toEqual([
			{ ready: 0, future: 0, oldest_ready_seconds: 0 },
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
