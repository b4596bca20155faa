import { afterEach, describe, expect, test } from 'vitest';
import { useDatabase } from '../../support/database.ts';
import { diagnoseOnce, findingOf, outline } from './diagnosed.ts';

const database = useDatabase();

afterEach(() => database.rows('truncate runs, workers'));

const queued = (queuedAgo: string, runIn = `-${queuedAgo}`) =>
	database.rows(
		`insert into runs (queued_at, run_at) values (now() - interval '${queuedAgo}', now() + interval '${runIn}')`,
	);
const running = (expiredAgo: string, owner = 'w1') =>
	database.rows(
		`insert into runs (status, lease_owner, lease_expires_at)
		values ('RUNNING', '${owner}', now() - interval '${expiredAgo}')`,
	);
const worker = (id: string, silent: string) =>
	database.rows(`insert into workers values ('${id}', now() - interval '${silent}')`);

describe('leases that ran out', () => {
	test('with the death of their worker', async () => {
		await worker('w1', '5 m');
		await worker('w2', '5 s');
		await running('4 m');
		await running('4 m');
		await running('-20 s', 'w2');
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['critical expired-leases w1']);
		expect(findingOf(diagnosis, 'expired-leases')).toMatchObject({
			sentence: 'worker w1 died 5m ago with 2 runs in hand, and nobody takes them back',
			clues: [
				{ label: 'w1', value: '2 runs, expired up to 4m ago, heard 5m ago' },
				{ label: 'leases that hold', value: '1' },
			],
		});
		expect(diagnosis.unexplained).toEqual([]);
	});

	test('a moment ago are about to be taken back', async () => {
		await worker('w1', '5 s');
		await running('20 s');
		expect(outline(await diagnoseOnce(database.url))).toEqual([]);
	});
});

describe('ready runs', () => {
	test('without any worker alive', async () => {
		await worker('w1', '12 m');
		await queued('2 m');
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['warn no-workers']);
		expect(diagnosis.findings[0]).toMatchObject({
			confidence: 'certain',
			sentence:
				'1 run ready, the oldest for 2m, and no worker is alive: the last was heard 12m ago',
		});
		expect(diagnosis.unexplained).toEqual([]);
	});

	test('that workers do not take though they are alive', async () => {
		await worker('w1', '5 s');
		await queued('6 m');
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['critical no-workers']);
		expect(diagnosis.findings[0]?.sentence).toBe(
			'1 run ready, the oldest for 6m: 1 worker beat but take nothing',
		);
		expect(diagnosis.unexplained).toEqual([]);
	});

	test('that wait for a busy worker', async () => {
		await worker('w1', '5 s');
		await queued('50 s');
		await running('-20 s');
		expect(outline(await diagnoseOnce(database.url))).toEqual([]);
	});
});

test('runs that are all for later', async () => {
	await worker('w1', '5 s');
	await queued('1 h', '90 m');
	await queued('1 h', '3 h');
	const diagnosis = await diagnoseOnce(database.url);
	expect(outline(diagnosis)).toEqual(['note future-only']);
	expect(diagnosis.findings[0]?.sentence).toMatch(
		/^nothing is ready: 2 queued runs are all planned for later, the next in 1h(29|30)m$/,
	);
});

describe('a table without optional columns', () => {
	test('is diagnosed by what it has', async () => {
		await database.rows(
			'alter table runs rename lease_owner to worker_id; alter table workers rename to elsewhere',
		);
		try {
			await running2();
			const diagnosis = await diagnoseOnce(database.url);
			expect(outline(diagnosis)).toEqual(['critical expired-leases w7']);
			expect(diagnosis.gaps).toEqual([]);
		} finally {
			await database.rows(
				'alter table runs rename worker_id to lease_owner; alter table elsewhere rename to workers',
			);
		}
	});
});

const running2 = () =>
	database.rows(
		`insert into runs (status, worker_id, lease_expires_at) values ('RUNNING', 'w7', now() - interval '3 m')`,
	);
