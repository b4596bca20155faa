import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { runTick } from '../../../source/demo/workload/ticks.ts';
import { isBetweenSlices } from '../../../source/health/lock-holder.ts';
import { defaultThresholds } from '../../../source/health/thresholds.ts';
import { createField } from '../../actions/field.ts';
import { useDatabase } from '../../support/database.ts';
import { whenQuery } from '../../support/when-query.ts';
import { diagnoseOnce, findingOf, outline } from './diagnosed.ts';
import { rollupRows } from './rollup-rows.ts';

const database = useDatabase();
const field = useDatabase({ template: 'empty' });
const rollups = rollupRows(database);

beforeAll(() => rollups.usage('30 minutes'));
afterEach(async () => {
	// The server would not notice that a client is gone in the middle of its statement.
	await database.rows(
		`select pg_terminate_backend(pid) from pg_stat_activity
		where datname = current_database() and application_name in ('multica-server', 'multica-web', 'maintenance')`,
	);
	await whenQuery(
		database.url,
		`select not exists (select from pg_locks where locktype = 'advisory'
			and database = (select oid from pg_database where datname = current_database()))`,
	);
	await rollups.reset();
});

const session = (application: string): Promise<pg.Client> =>
	database.client({ application_name: application });

/** Level pipelines, then hours in which nothing was rolled up. */
async function hoursBehind(): Promise<void> {
	await rollups.level();
	await rollups.behind('3 hours', 'hourly');
	await rollups.ran('3 hours', 'hourly');
}

async function ticks(count: number): Promise<void> {
	const scheduler = await session('demo-scheduler');
	for (let tick = 0; tick < count; tick += 1) {
		await runTick(scheduler, 'rollup_task_usage_hourly');
	}
}

const atOnce = {
	...defaultThresholds,
	'rollup-lock-waiter': {
		unit: 'seconds',
		warn: { at: 0, forMs: 0 },
		critical: { at: 10, forMs: 0 },
		source: 'product',
	},
} as const;

describe('a lock that leaked', () => {
	test('explains ticks that succeed and do nothing, and everything after it', async () => {
		await hoursBehind();
		const holder = await session('multica-server');
		await holder.query('select pg_advisory_lock(4246)');
		await holder.query('select 1');
		const { rows } = await holder.query('select pg_backend_pid() as pid');
		await ticks(3);
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual([
			'critical lock-leaked hourly <- warn green-but-still hourly <- warn unfinished-backfill hourly',
		]);
		const { sentence, clues, confidence, next, verdicts } = findingOf(diagnosis, 'lock-leaked');
		const pid: number = rows[0].pid;
		expect(sentence).toMatch(
			new RegExp(
				`^hourly rollup is blocked: pid ${pid} \\(multica-server\\), idle for \\ds, still holds lock 4246`,
			),
		);
		expect(clues).toEqual([
			{
				label: 'holder',
				value: expect.stringMatching(
					`pid ${pid} \\(multica-server\\), user \\w+, from 127\\.0\\.0\\.1, idle for \\ds`,
				),
			},
			{ label: 'its last query', value: 'select pg_backend_pid() as pid' },
			{ label: 'usage not rolled up', value: '3h00m' },
		]);
		expect(confidence).toBe('certain');
		expect(next.map(({ sql }) => sql)).toEqual([
			`select pg_terminate_backend(${pid});`,
			'select rollup_task_usage_hourly();',
		]);
		expect(verdicts.map(({ signal }) => signal).sort()).toEqual([
			'rollup-data-lag',
			'rollup-lock-idle',
			'rollup-run-age',
			'rollup-stalled-runs',
		]);
		expect(diagnosis.unexplained).toEqual([]);
	});

	test('is none by right because the pool goes on using the connection', async () => {
		const client = await field.client();
		await createField(client, field.url, { names: ['hourly'] });
		await rollupRows(field).usage('30 minutes');
		await client.query(`update task_usage_hourly_rollup_state set watermark_at = now() - interval '3 hours',
			last_run_started_at = now() - interval '3 hours', last_run_finished_at = now() - interval '3 hours'`);
		const holder = await field.client({ application_name: 'multica-server' });
		const { rows } = await holder.query('select pg_backend_pid() as pid');
		const pid: number = rows[0].pid;
		await client.query('begin');
		await client.query('lock table task_usage_hourly');
		const tick = holder.query('select rollup_task_usage_hourly()').catch(() => {});
		await whenQuery(
			field.url,
			`select exists (select from pg_locks where pid = ${pid} and not granted)`,
		);
		await client.query('select pg_cancel_backend($1)', [pid]);
		await tick;
		await client.query('rollback');
		for (const uses of [[], ['begin', 'select 1', 'commit'], ['begin']]) {
			for (const use of uses) await holder.query(use);
			const diagnosis = await diagnoseOnce(field.url);
			const { severity, confidence, sentence, folded, next } = findingOf(diagnosis, 'lock-busy');
			expect([severity, confidence, folded]).toEqual(['critical', 'possible', []]);
			expect(sentence).toMatch(
				new RegExp(`^pid ${pid} \\(multica-server\\), idle.* for \\ds, holds the lock of hourly: `),
			);
			expect(next.at(-1)?.sql).toBe(`select pg_terminate_backend(${pid});`);
			expect(diagnosis.unexplained).toEqual([]);
		}
		await holder.query('commit');
		await holder.query('select 1');
		expect(outline(await diagnoseOnce(field.url))[0]).toMatch(/^critical lock-leaked hourly/);
	});

	test('blocks deletes: who waits is named', async () => {
		await rollups.level();
		const holder = await session('multica-server');
		await holder.query('select pg_advisory_lock(4246)');
		await holder.query('select 1');
		const deleter = await session('multica-web');
		deleter
			.query(
				`delete from workspace where id in (select gen_random_uuid() from pg_advisory_xact_lock(4246))`,
			)
			.catch(() => {});
		await whenQuery(
			database.url,
			`select exists (select from pg_locks where locktype = 'advisory' and not granted and waitstart is not null
				and database = (select oid from pg_database where datname = current_database()))`,
		);
		const diagnosis = await diagnoseOnce(database.url, atOnce);
		expect(outline(diagnosis)).toEqual([
			'critical lock-leaked hourly <- warn blocked-delete hourly',
		]);
		expect(diagnosis.findings[0]?.clues).toContainEqual({
			label: 'waits for it',
			value: expect.stringContaining('(multica-web)'),
		});
		expect(diagnosis.findings[0]?.folded[0]?.confidence).toBe('certain');
		expect(diagnosis.unexplained).toEqual([]);
	});
});

describe('a role that may not see what others do', () => {
	const role = `tidemark_plain_${randomBytes(4).toString('hex')}`;
	beforeAll(() =>
		database.rows(
			`create role ${role} login password 'w'; grant select on all tables in schema public to ${role}`,
		),
	);
	afterAll(() => database.rows(`drop owned by ${role}; drop role ${role}`));

	test('is told the holder, and the grant that is missing', async () => {
		await hoursBehind();
		const holder = await session('multica-server');
		await holder.query('select pg_advisory_lock(4246)');
		await holder.query('select 1');
		const url = new URL(database.url);
		url.username = role;
		url.password = 'w';
		const diagnosis = await diagnoseOnce(url.href);
		const { sentence, confidence, next, clues } = findingOf(diagnosis, 'lock-busy');
		expect(sentence).toMatch(
			/^hourly stands still while pid \d+ \(multica-server\) holds its lock; whether that works or has forgotten it, this role may not see$/,
		);
		expect(confidence).toBe('possible');
		expect(clues[0]?.value).toMatch(/^pid \d+ \(multica-server\), user \w+$/);
		expect(next[0]?.sql).toBe(`grant pg_read_all_stats to ${role};`);
		expect(diagnosis.facts).toContainEqual({
			topic: 'sight',
			text: expect.stringContaining(`GRANT pg_read_all_stats TO ${role}`),
		});
		// The verdict of the idle holder is not there: nobody can tell.
		expect(diagnosis.unexplained).toEqual([]);
	});
});

test('a session at work on something else holds the lock', async () => {
	await hoursBehind();
	const holder = await session('maintenance');
	await holder.query('begin');
	await holder.query('select pg_advisory_xact_lock(4246)');
	holder.query('select pg_sleep(600)').catch(() => {});
	await whenQuery(
		database.url,
		`select exists (select from pg_stat_activity where application_name = 'maintenance' and wait_event = 'PgSleep')`,
	);
	await ticks(2);
	const diagnosis = await diagnoseOnce(database.url);
	expect(outline(diagnosis)).toEqual([
		'critical lock-busy hourly <- warn green-but-still hourly <- warn unfinished-backfill hourly',
	]);
	expect(diagnosis.findings[0]?.sentence).toMatch(
		/^hourly rollup is blocked: pid \d+ \(maintenance\) holds lock 4246 and is at work on something else; nothing was rolled up for 3h00m$/,
	);
	expect(diagnosis.unexplained).toEqual([]);
});

describe('an idle session with the lock in hand is between two slices', () => {
	test.each([
		['idle', 'COMMIT', 2, true],
		['idle', 'select rollup_task_usage_hourly_window($1, $2)', 2, true],
		['idle', 'select rollup_task_usage_hourly()', 2, true],
		['idle', 'SELECT pg_try_advisory_lock($1)', 2, true],
		['idle in transaction', 'select 1', 2, true],
		['idle', 'COMMIT', 60, false],
		['idle in transaction', 'select rollup_task_usage_hourly()', 60, false],
		['idle', 'select id from issue', 0, false],
		['idle', '', 0, false],
		['idle', undefined, undefined, false],
	] as const)('%s, %s, %s s: %s', (state, query, stateSeconds, expected) => {
		const application = 'multica-server';
		expect(isBetweenSlices({ application, state, query, stateSeconds })).toBe(expected);
	});

	test('for longer where it is an action of tidemark, which may be told to rest', () => {
		const action = { application: 'tidemark-action', state: 'idle', query: 'select 1' };
		expect(isBetweenSlices({ ...action, stateSeconds: 599 })).toBe(true);
		expect(isBetweenSlices({ ...action, stateSeconds: 600 })).toBe(false);
	});
});
