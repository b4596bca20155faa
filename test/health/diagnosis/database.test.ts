import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { DiagnosisInput } from '../../../source/health/diagnosis/check.ts';
import { noStatistics } from '../../../source/health/diagnosis/database/no-statistics.ts';
import { defaultThresholds } from '../../../source/health/thresholds.ts';
import type { Row } from '../../../source/sampling/reading.ts';
import type { Snapshot } from '../../../source/sampling/snapshot.ts';
import { useDatabase } from '../../support/database.ts';
import { whenQuery } from '../../support/when-query.ts';
import { diagnoseOnce, evidence, findingOf, outline } from './diagnosed.ts';

const database = useDatabase();

afterEach(() =>
	database.rows(
		`select pg_terminate_backend(pid) from pg_stat_activity
		where datname = current_database() and application_name like 'demo-%'`,
	),
);

const session = (application: string) => database.client({ application_name: application });

const atOnce = (signal: 'connections' | 'oldest-transaction', at = 0) => ({
	...defaultThresholds,
	[signal]: { ...defaultThresholds[signal], warn: { at, forMs: 0 } },
});

test('connections that one application keeps', async () => {
	for (let count = 0; count < 8; count += 1) await (await session('demo-pool')).query('select 1');
	const diagnosis = await diagnoseOnce(database.url, atOnce('connections'));
	expect(outline(diagnosis)).toEqual(['warn connections-full']);
	const { sentence, clues, next } = findingOf(diagnosis, 'connections-full');
	// Also those count for which there is no row.
	const asked = evidence.samplers.find(({ id }) => id === 'database/connections');
	const [most] = await database.rows(asked?.sql.replace('limit 20', 'limit 1') ?? '');
	expect(Number(most.taken)).toBeGreaterThan(Number(most.connections));
	expect(sentence).toMatch(
		/^\d+ of \d+ connections are taken \(\d+%\), \d+ of them by [\w-]+ \(idle\)$/,
	);
	expect(clues.map(({ label }) => label)).toContain('demo-pool');
	expect(next[1]?.sql).toMatch(
		/^select pg_terminate_backend\(pid\) from pg_stat_activity where application_name = '.*' and usename = '\w+' and datname = '\w+' and state = 'idle' /,
	);
	expect(diagnosis.unexplained).toEqual([]);
});

describe('an old transaction', () => {
	test('of a session that forgot it', async () => {
		const client = await session('demo-report');
		await client.query('begin isolation level repeatable read');
		await client.query('select count(*) from workspace');
		const { rows } = await client.query('select pg_backend_pid() as pid');
		const diagnosis = await diagnoseOnce(database.url, atOnce('oldest-transaction'));
		const { pid } = rows[0];
		expect(outline(diagnosis)).toEqual([`warn old-transaction ${pid}`]);
		expect(findingOf(diagnosis, 'old-transaction')).toMatchObject({
			confidence: 'certain',
			sentence: expect.stringMatching(
				`^pid ${pid} \\(demo-report\\) has kept a transaction open for \\ds, idle in transaction for \\ds: `,
			),
			next: [{ sql: `select pg_terminate_backend(${pid});` }],
		});
		expect(diagnosis.unexplained).toEqual([]);
	});

	test('in another database holds back nothing here', async () => {
		const client = await database.client({ database: 'postgres', application_name: 'demo-report' });
		await client.query('begin isolation level repeatable read');
		await client.query('select 1 from pg_class limit 1');
		const diagnosis = await diagnoseOnce(database.url, atOnce('oldest-transaction'));
		expect(outline(diagnosis)).toEqual([expect.stringMatching(/^note old-transaction \d+$/)]);
		expect(diagnosis.unexplained).toEqual([]);
	});

	test('in another database shows beside many of this one', async () => {
		const far = await database.client({ database: 'postgres', application_name: 'demo-report' });
		await far.query('begin isolation level repeatable read');
		await far.query('select 1 from pg_class limit 1');
		for (let count = 0; count < 11; count += 1) await (await session('demo-pool')).query('begin');
		const asked = evidence.samplers.find(({ id }) => id === 'database/transactions');
		const rows = await database.rows(asked?.sql ?? '');
		expect(rows.filter((row) => row.application === 'demo-pool')).toHaveLength(10);
		expect(rows.map((row) => row.database)).toContain('postgres');
	});

	test('that only reads one statement at a time keeps its locks', async () => {
		const client = await session('demo-report');
		await client.query('begin');
		await client.query('select 1');
		const diagnosis = await diagnoseOnce(database.url, atOnce('oldest-transaction'));
		const { rows } = await client.query('select pg_backend_pid() as pid');
		const { pid } = rows[0];
		expect(outline(diagnosis)).toEqual([`warn old-transaction ${pid}`]);
		expect(findingOf(diagnosis, 'old-transaction')).toMatchObject({
			sentence: expect.stringMatching(
				/idle in transaction for \ds: whatever it has locked stays locked, though it holds back no cleanup$/,
			),
			next: [{ sql: `select pg_terminate_backend(${pid});` }],
		});
		expect(diagnosis.unexplained).toEqual([]);
	});
});

test('a lock queue behind a migration', async () => {
	const reader = await session('demo-report');
	await reader.query('begin');
	await reader.query('select count(*) from chat_message');
	const migration = await session('demo-migrate');
	migration.query('alter table chat_message add column extra int').catch(() => {});
	const waits = (application: string) => `select exists (
		select from pg_locks join pg_stat_activity using (pid)
		where application_name = '${application}' and not granted and waitstart < now())`;
	await whenQuery(database.url, waits('demo-migrate'));
	const writers = await Promise.all([1, 2].map((n) => session(`demo-writer-${n}`)));
	for (const writer of writers) {
		writer.query(`update chat_message set created_at = now() where false`).catch(() => {});
	}
	await whenQuery(database.url, waits('demo-writer-2'));
	// Waits of under three seconds are daily business.
	await whenQuery(
		database.url,
		`select exists (select from pg_locks where not granted and waitstart < now() - interval '3 seconds'
			and relation = 'chat_message'::regclass)`,
	);
	const diagnosis = await diagnoseOnce(database.url);
	const { sentence, clues, next, confidence } = findingOf(diagnosis, 'lock-queue');
	expect(sentence).toMatch(
		/^pid \d+ \(demo-migrate\) has waited \d+s to lock chat_message behind pid \d+ \(demo-report\), and \d+ sessions wait in the queue with it$/,
	);
	expect(clues[0]?.value).toMatch(
		/^pid \d+ \(demo-report\) \(idle in transaction, transaction open \ds\)$/,
	);
	expect(clues).toContainEqual({
		label: 'its query',
		value: 'select count(*) from chat_message',
	});
	expect(confidence).toBe('certain');
	expect(next.map(({ sql }) => sql)).toEqual([
		expect.stringMatching(/^select pg_terminate_backend\(\d+\);$/),
		expect.stringMatching(/^select pg_cancel_backend\(\d+\);$/),
	]);
	// What the queue holds up of tidemark itself belongs to it.
	expect(outline(diagnosis)).toEqual([
		'warn lock-queue chat_message <- warn sampler-fails multica/active',
	]);
});

describe('an index', () => {
	beforeAll(async () => {
		await database.rows(
			`with w as (insert into workspace default values returning id),
			a as (insert into agent (workspace_id, name) select id, 'a' from w returning id)
			insert into agent_task_queue (agent_id, status, created_at, completed_at)
			select a.id, 'completed', now() - n * interval '1 minute' - interval '1 hour', now() - n * interval '1 minute' - interval '1 hour'
			from a, generate_series(1, 12000) n`,
		);
		await database.rows('analyze agent_task_queue');
	});

	test('that all instances have, and this one has not', async () => {
		const [{ definition }] = await database.rows(
			`select pg_get_indexdef('agent_task_queue_finished'::regclass) as definition`,
		);
		expect(outline(await diagnoseOnce(database.url))).toEqual([]);
		await database.rows('drop index agent_task_queue_finished');
		try {
			const diagnosis = await diagnoseOnce(database.url);
			expect(outline(diagnosis)).toEqual(['warn missing-index agent_task_queue (completed_at)']);
			const sql = diagnosis.findings[0]?.next[0]?.sql ?? '';
			expect(sql).toBe(
				`create index concurrently on agent_task_queue (completed_at) where status in ('completed', 'failed', 'cancelled');`,
			);
			await database.rows(sql);
			expect(outline(await diagnoseOnce(database.url))).toEqual([]);
		} finally {
			await database.rows(`drop index if exists agent_task_queue_completed_at_idx`);
			await database.rows(definition);
		}
	});

	test('is known by its predicate, however that is written', async () => {
		await database.rows('alter index agent_task_queue_finished rename to finished_before');
		await database.rows(
			`create index finished on agent_task_queue (completed_at)
			where status = any (array['failed', 'cancelled', 'lost', 'completed'])`,
		);
		await database.rows('drop index finished_before');
		expect(outline(await diagnoseOnce(database.url))).toEqual([]);
		await database.rows('alter index finished rename to agent_task_queue_finished');
	});

	test('is none on a column that this version of the table has not', async () => {
		const client = await session('demo-report');
		await client.query('drop schema if exists older cascade; create schema older');
		await client.query('set search_path = older');
		await client.query(
			`create table task_usage as select n as id, n as task_id, now() as created_at, 'm' as model, repeat('x', 100) as filler
			from generate_series(1, 12000) n`,
		);
		await client.query(
			'create index on task_usage (created_at); create index on task_usage (task_id)',
		);
		await client.query('analyze task_usage');
		const url = new URL(database.url);
		url.searchParams.set('schema', 'older');
		expect(outline(await diagnoseOnce(url.href))).toEqual([]);
		await client.query('drop index task_usage_created_at_idx');
		expect(outline(await diagnoseOnce(url.href))).toEqual([
			'warn missing-index task_usage (created_at)',
		]);
		await client.query('drop schema older cascade');
	});

	test('that a build left invalid, but not while it is being built', async () => {
		const blocker = await session('demo-report');
		await blocker.query('begin');
		await blocker.query('lock table agent_task_queue in row exclusive mode');
		const builder = await session('demo-migrate');
		const building = builder
			.query('create index concurrently half on agent_task_queue (priority)')
			.catch(() => {});
		await whenQuery(
			database.url,
			`select exists (select from pg_class join pg_index on indexrelid = oid where relname = 'half' and not indisvalid)`,
		);
		expect(outline(await diagnoseOnce(database.url))).toEqual([]);
		await database.rows(
			`select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'demo-migrate'`,
		);
		await building;
		await blocker.query('commit');
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['warn missing-index half']);
		await database.rows(diagnosis.findings[0]?.next[0]?.sql ?? '');
		expect(outline(await diagnoseOnce(database.url))).toEqual([]);
		await database.rows('drop index half');
	});
});

test('statistics that were never gathered', async () => {
	await database.rows(`delete from pg_statistic where starelid = 'agent_task_queue'::regclass`);
	await database.rows(
		`update pg_class set reltuples = -1 where oid = 'agent_task_queue'::regclass`,
	);
	const diagnosis = await diagnoseOnce(database.url);
	expect(outline(diagnosis)).toEqual(['warn no-statistics agent_task_queue']);
	expect(diagnosis.findings[0]).toMatchObject({
		confidence: 'certain',
		next: [{ sql: 'analyze agent_task_queue;' }],
	});
	await database.rows(diagnosis.findings[0]?.next[0]?.sql ?? '');
	expect(outline(await diagnoseOnce(database.url))).toEqual([]);
});

test('statistics that autovacuum is about to gather are none of anybody’s business', () => {
	const row = {
		table_name: 'runs',
		bytes: 8_000_000,
		has_counted: false,
		has_statistics: false,
		can_tell: true,
		autovacuum: true,
	};
	const found = (more: Row) => {
		const reading = {
			kind: 'ok',
			rows: [{ ...row, ...more }],
			at: 0,
			cost: { serverMs: 1 },
		} as const;
		const snapshot = { readings: new Map() } as unknown as Snapshot;
		const evidence = new Map([['database/statistics', reading]]);
		return noStatistics.find({ snapshot, evidence } as unknown as DiagnosisInput).length;
	};
	expect(found({ changed_rows: 50_000 })).toBe(0);
	// After an upgrade no change is known, and it waits for some.
	expect(found({ changed_rows: 0 })).toBe(1);
	expect(found({ changed_rows: 50_000, autovacuum: false })).toBe(1);
});
