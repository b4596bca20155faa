import type pg from 'pg';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DiagnosisInput } from '../../../source/health/diagnosis/check.ts';
import { lockQueue } from '../../../source/health/diagnosis/database/lock-queue.ts';
import { defaultThresholds } from '../../../source/health/thresholds.ts';
import { type ReplicaPair, startReplicaPair } from '../../support/standby.ts';
import { whenQuery } from '../../support/when-query.ts';
import { diagnoseOnce, evidence, findingOf, outline } from './diagnosed.ts';

let pair: ReplicaPair;
let primary: pg.Client;
let standby: pg.Client;
let url: string;
let primaryUrl: string;

async function connected(to: string): Promise<pg.Client> {
	const client = new Client({ connectionString: to });
	client.on('error', () => {});
	await client.connect();
	return client;
}

beforeAll(async () => {
	pair = await startReplicaPair({ max_prepared_transactions: 2, wal_level: 'logical' });
	primaryUrl = pair.url(pair.primary);
	url = pair.url(pair.standby);
	primary = await connected(primaryUrl);
	standby = await connected(url);
});
afterAll(async () => {
	await primary?.end().catch(() => {});
	await standby?.end().catch(() => {});
	await pair?.stop();
});

/** Any lag counts: a real one of five seconds would take five seconds. */
const atOnce = {
	...defaultThresholds,
	'replay-lag': { unit: 'seconds', warn: { at: 0.000_001, forMs: 0 }, source: 'monitors' },
} as const;

const level = () =>
	whenQuery(
		url,
		`select pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() and exists (select from pg_stat_wal_receiver)`,
	);

describe('a prepared transaction', () => {
	test('holds a lock with no session behind it', async () => {
		await primary.query('begin');
		await primary.query('select pg_advisory_xact_lock(4246)');
		await primary.query(`prepare transaction 'left behind'`);
		try {
			const diagnosis = await diagnoseOnce(primaryUrl, {
				...defaultThresholds,
				'oldest-transaction': { unit: 'seconds', warn: { at: 0, forMs: 0 }, source: 'monitors' },
			});
			expect(outline(diagnosis)).toContain('critical lock-leaked hourly');
			expect(findingOf(diagnosis, 'lock-leaked')).toMatchObject({
				sentence: expect.stringMatching(
					/^hourly rollup is blocked: prepared transaction left behind, prepared for \ds, still holds lock 4246/,
				),
				next: [{ sql: `rollback prepared 'left behind';` }, {}],
			});
			expect(outline(diagnosis)).toContain('warn old-transaction left behind');
		} finally {
			await primary.query(`rollback prepared 'left behind'`);
		}
	});
});

test('a prepared transaction in front of a lock queue is told by its name', async () => {
	await primary.query('begin');
	await primary.query('select count(*) from chat_message');
	await primary.query(`prepare transaction 'in front'`);
	const migration = await connected(primaryUrl);
	const altered = migration.query('alter table chat_message add column extra int');
	await whenQuery(
		primaryUrl,
		`select exists (select from pg_locks where not granted and relation = 'chat_message'::regclass and waitstart is not null)`,
	);
	const asked = evidence.samplers.find(({ id }) => id === 'database/lock-queue');
	const { rows } = await primary.query(asked?.sql ?? '');
	// As after a while: waits of under three seconds are daily business.
	const waited = rows.map((row) => (row.is_waiting ? { ...row, wait_seconds: 5 } : row));
	const reading = { kind: 'ok', rows: waited, at: 0, cost: { serverMs: 1 } } as const;
	const input = { evidence: new Map([['database/lock-queue', reading]]), snapshot: { at: 0 } };
	const [finding] = lockQueue.find(input as unknown as DiagnosisInput);
	expect(finding?.sentence).toMatch(
		/^pid \d+ has waited 5s to lock chat_message behind prepared transaction in front$/,
	);
	expect(finding?.clues[0]?.value).toMatch(
		/^prepared transaction in front \(prepared, transaction open \ds\)$/,
	);
	await primary.query(finding?.next[0]?.sql ?? '');
	await altered;
	await migration.query('alter table chat_message drop column extra');
	await migration.end();
});

test('a replication slot that nobody reads holds back cleanup', async () => {
	await primary.query(`select pg_create_logical_replication_slot('left_behind', 'pgoutput')`);
	const diagnosis = await diagnoseOnce(primaryUrl, {
		...defaultThresholds,
		'oldest-transaction': { unit: 'seconds', warn: { at: 0, forMs: 0 }, source: 'monitors' },
	});
	expect(outline(diagnosis)).toEqual(['warn old-transaction left_behind']);
	const { sentence, next } = findingOf(diagnosis, 'old-transaction');
	expect(sentence).toMatch(/^nobody reads replication slot left_behind, for \ds: /);
	await primary.query(next[1]?.sql ?? '');
	expect(outline(await diagnoseOnce(primaryUrl))).toEqual([]);
});

describe('a standby', () => {
	test('that is level is no fault, and is said to be one', async () => {
		await level();
		const diagnosis = await diagnoseOnce(url, atOnce);
		expect(outline(diagnosis)).toEqual([]);
		expect(diagnosis.facts).toContainEqual({
			topic: 'standby',
			text: 'this server replays a primary: nothing can be changed here',
		});
		expect(diagnosis.gaps).toEqual([]);
	});

	test('whose replay is paused', async () => {
		await level();
		await standby.query('select pg_wal_replay_pause()');
		await whenQuery(url, `select pg_get_wal_replay_pause_state() = 'paused'`);
		await primary.query('insert into workspace default values');
		await whenQuery(url, 'select pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()');
		const diagnosis = await diagnoseOnce(url, atOnce);
		expect(outline(diagnosis)).toEqual(['warn standby-lag']);
		const { sentence, next, confidence } = findingOf(diagnosis, 'standby-lag');
		expect(sentence).toMatch(
			/^this is a standby \d+m?s? behind its primary: its replay is paused; what it shows is as old/,
		);
		expect(confidence).toBe('certain');
		expect(diagnosis.unexplained).toEqual([]);
		await standby.query(next[0]?.sql ?? '');
		await level();
		expect(outline(await diagnoseOnce(url, atOnce))).toEqual([]);
	});

	test('that is cut off from its primary', async () => {
		await primary.end();
		await pair.primary.stop();
		await whenQuery(url, 'select not exists (select from pg_stat_wal_receiver)');
		const diagnosis = await diagnoseOnce(url, atOnce);
		expect(outline(diagnosis)).toEqual(['warn standby-lag']);
		expect(diagnosis.findings[0]?.sentence).toContain('it is cut off from its primary');
	});
});
