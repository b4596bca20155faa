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
		await runs('RUNNING', {}, 6000);
		const [never] = await sample(client, 'lease/depth');
		expect(never).toEqual({ status: 'QUEUED', runs: 7000, is_estimate: false });
		await client.query('analyze runs');
		// Later than the statistics.
		await runs('SUCCEEDED', {}, 20_000);
		const found = await sample(client, 'lease/depth');
		expect(found.map((row) => row.status)).toEqual(['SUCCEEDED', 'FAILED', 'QUEUED', 'RUNNING']);
		expect(found.map((row) => row.is_estimate)).toEqual([true, true, false, false]);
		expect(Number(found[0]?.runs) / 80_000).toBeCloseTo(1, 0.7);
		expect(found.slice(2).map((row) => row.runs)).toEqual([7000, 6000]);
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
			{ ready: 0, future: 0, oldest_ready_seconds: 0, longest_wait_seconds: 0 },
		]);
	});

	test('the oldest is by queued_at, of those that may start; they have waited since they might', async () => {
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
			{
				ready: 2,
				future: 1,
				oldest_ready_seconds: expect.closeTo(90, -1),
				longest_wait_seconds: expect.closeTo(50, -1),
			},
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
