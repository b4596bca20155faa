import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { DiagnosisInput } from '../../../source/health/diagnosis/check.ts';
import type { Diagnosis } from '../../../source/health/diagnosis/diagnose.ts';
import { answers } from '../../../source/health/diagnosis/rollups/tickers.ts';
import type { Reading } from '../../../source/sampling/reading.ts';
import { useDatabase } from '../../support/database.ts';
import { composeFor } from '../../support/sampling.ts';
import { cronTables } from './cron-tables.ts';
import { diagnoseNow, diagnoseOnce, findingOf, outline } from './diagnosed.ts';
import { rollupRows } from './rollup-rows.ts';

const database = useDatabase();
const rollups = rollupRows(database);

beforeAll(() => rollups.usage('30 minutes'));
afterEach(() => rollups.reset());

const factOf = ({ facts }: Diagnosis, topic: string): string | undefined =>
	facts.find((fact) => fact.topic === topic)?.text;

describe('nobody ticks', () => {
	test('and nobody ever has', async () => {
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual([
			'critical nobody-ticks <- warn unfinished-backfill hourly',
		]);
		expect(findingOf(diagnosis, 'nobody-ticks')).toMatchObject({
			confidence: 'certain',
			sentence:
				'nobody ticks hourly, daily and dashboard, and nobody ever has: usage is zero for ever',
			clues: [
				{ label: 'scheduler', value: 'no runs in sys_cron_executions' },
				{ label: 'pg_cron', value: 'not installed' },
				{ label: 'state', value: 'last_run_started_at is NULL' },
			],
		});
		expect(diagnosis.unexplained).toEqual([]);
		expect(factOf(diagnosis, 'ticks hourly')).toBe('nobody, as far as can be seen');
	});

	test('any more', async () => {
		await rollups.level();
		await rollups.ran('50 minutes');
		await rollups.scheduled('SUCCESS', 5, { newest: '50 minutes' });
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['critical ticks-stopped']);
		expect(findingOf(diagnosis, 'ticks-stopped').sentence).toBe(
			"nobody has ticked hourly, daily and dashboard for 50m: the application's scheduler (runner-1) did it last",
		);
		expect(diagnosis.unexplained).toEqual([]);
	});
});

test('ticked by the scheduler', async () => {
	await rollups.level();
	await rollups.scheduled('SUCCESS', 5, { newest: '20 seconds', rows: 3 });
	const diagnosis = await diagnoseOnce(database.url);
	expect(outline(diagnosis)).toEqual([]);
	expect(factOf(diagnosis, 'ticks hourly')).toMatch(
		/^the application's scheduler \(runner-1\), last \d+s ago, every 60s$/,
	);
});

test('ticked by somebody outside', async () => {
	await rollups.level();
	const diagnosis = await diagnoseOnce(database.url);
	expect(outline(diagnosis)).toEqual([]);
	expect(factOf(diagnosis, 'ticks hourly')).toMatch(/^somebody outside, last \d+s ago$/);
});

test('ticked by the scheduler and, between its runs, by somebody else', async () => {
	await rollups.level();
	await rollups.scheduled('SUCCESS', 8, { newest: '30 seconds', rows: 3, only: 'hourly' });
	const note = async (...ages: string[]) => {
		await database.rows('truncate tidemark_rollup_runs');
		await database.rows(
			`insert into tidemark_rollup_runs (pipeline, outcome, started_at, finished_at)
			select 'hourly', 'idle', now() - age::interval, now() - age::interval from unnest($1::text[]) age`,
			[ages],
		);
	};
	await rollups.ran('30 seconds', 'hourly');
	// The scheduler's own, and one by hand.
	await note('29 seconds', '90 seconds', '150 seconds', '2 minutes');
	expect(outline(await diagnoseOnce(database.url))).toEqual([]);
	await note('29 seconds', '60 seconds', '90 seconds', '2 minutes', '150 seconds');
	const diagnosis = await diagnoseOnce(database.url);
	expect(outline(diagnosis)).toEqual(['note two-tickers hourly']);
	expect(factOf(diagnosis, 'ticks hourly')).toMatch(
		/^the application's scheduler \(runner-1\) and somebody outside, last /,
	);
});

test('of the product, which keeps no log: two stamps that are on no record', async () => {
	await rollups.level();
	await rollups.scheduled('SUCCESS', 8, { newest: '20 seconds', rows: 3, only: 'hourly' });
	const parts = composeFor(database.url);
	try {
		await rollups.ran('110 seconds', 'hourly');
		expect(outline(await diagnoseNow(parts))).toEqual([]);
		await rollups.ran('50 seconds', 'hourly');
		expect(outline(await diagnoseNow(parts))).toEqual(['note two-tickers hourly']);
	} finally {
		await parts.stop();
	}
});

describe('ticks that fail', () => {
	test('once are a warning, told by the scheduler and not by the state table', async () => {
		await rollups.level();
		await rollups.scheduled('SUCCESS', 5, { newest: '80 seconds', rows: 1, only: 'hourly' });
		await rollups.scheduled('FAILED', 1, { newest: '20 seconds', only: 'hourly' });
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['warn failing-tick hourly']);
		expect(findingOf(diagnosis, 'failing-tick')).toMatchObject({
			sentence: 'ticks of hourly fail, the last one, with "division by zero" (22012)',
			clues: [
				{
					label: 'hourly',
					value: expect.stringMatching(
						/^failed 2\ds ago, last success \d+s ago, told by the application's scheduler$/,
					),
				},
				{ label: 'last_error', value: 'empty, as ever: a failing tick rolls it back' },
			],
		});
	});

	test('again and again are critical; one that worked since is not', async () => {
		await rollups.level();
		await rollups.scheduled('FAILED', 3, { newest: '20 seconds', only: 'daily' });
		await rollups.scheduled('FAILED', 3, { newest: '80 seconds', only: 'hourly' });
		await rollups.scheduled('SUCCESS', 1, { newest: '20 seconds', rows: 1, only: 'hourly' });
		expect(outline(await diagnoseOnce(database.url))).toEqual(['critical failing-tick daily']);
	});
});

test('a tick whose runner died', async () => {
	await rollups.level();
	await rollups.ran('40 minutes');
	await rollups.scheduled('SUCCESS', 3, { newest: '41 minutes', rows: 1 });
	await rollups.scheduled('RUNNING', 1, { newest: '40 minutes' });
	const diagnosis = await diagnoseOnce(database.url);
	expect(outline(diagnosis)).toEqual(['critical abandoned-tick <- critical ticks-stopped']);
	expect(diagnosis.findings[0]?.sentence).toBe(
		'the scheduler runner-1 died 40m ago in the middle of a tick of hourly, daily and dashboard, and nobody has ticked since',
	);
	expect(diagnosis.unexplained).toEqual([]);
	// A heartbeat, or anybody else who ticks, shows that it is not so.
	await database.rows(
		`update sys_cron_executions set heartbeat_at = now() where status = 'RUNNING'`,
	);
	expect(outline(await diagnoseOnce(database.url))).toEqual(['critical ticks-stopped']);
	await database.rows('update sys_cron_executions set heartbeat_at = null');
	await rollups.ran('20 seconds');
	expect(outline(await diagnoseOnce(database.url))).toEqual([]);
});

describe('green, and still', () => {
	test('without a holder in sight', async () => {
		await rollups.level();
		await rollups.behind('2 hours');
		await rollups.ran('2 hours');
		await rollups.scheduled('SUCCESS', 4, { newest: '20 seconds', rows: 0, only: 'hourly' });
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toContain(
			'critical green-but-still hourly <- warn unfinished-backfill hourly',
		);
	});

	test('is said where the screen says so, also before usage is late, and by the same number', async () => {
		await rollups.level();
		await rollups.behind('8 minutes', 'hourly');
		await rollups.busy('hourly', 3);
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['warn green-but-still hourly']);
		const [{ sentence, verdicts } = { sentence: '', verdicts: [] }] = diagnosis.findings;
		expect(sentence).toMatch(/^the last 3 ticks of hourly succeeded and moved nothing/);
		expect(verdicts.map((verdict) => verdict.sentence)).toEqual([
			'hourly rollup: the last 3 ticks succeeded and moved nothing, though newer usage waits',
		]);
	});

	test('because nothing is new is well', async () => {
		await rollups.level();
		await rollups.scheduled('SUCCESS', 10, { newest: '20 seconds', rows: 0 });
		expect(outline(await diagnoseOnce(database.url))).toEqual([]);
	});
});

describe('after a long pause', () => {
	test('a tick that worked shows that it catches up; two samples prove it', async () => {
		await rollups.level();
		await rollups.behind('9 days 2 hours', 'hourly');
		await rollups.scheduled('SUCCESS', 3, { newest: '20 seconds', rows: 7, only: 'hourly' });
		const parts = composeFor(database.url);
		try {
			const likely = findingOf(await diagnoseNow(parts), 'catching-up');
			expect(likely).toMatchObject({ confidence: 'likely', severity: 'critical' });
			expect(likely.sentence).toMatch(
				/^hourly is 9d\dh behind and catches up one day a tick: 10 ticks left, level at \d{4}-/,
			);
			await rollups.behind('8 days 2 hours', 'hourly');
			const diagnosis = await diagnoseNow(parts);
			expect(outline(diagnosis)).toEqual([
				'critical catching-up hourly <- warn unfinished-backfill hourly',
			]);
			expect(findingOf(diagnosis, 'catching-up').confidence).toBe('certain');
			expect(diagnosis.unexplained).toEqual([]);
		} finally {
			await parts.stop();
		}
	});
});

describe('pg_cron', () => {
	const role = `tidemark_plain_${randomBytes(4).toString('hex')}`;

	beforeAll(async () => {
		await database.rows(cronTables);
		await database.rows(
			`create role ${role} login password 'w'; grant pg_read_all_data to ${role}`,
		);
	});
	afterEach(() => database.rows('truncate cron.job, cron.job_run_details'));
	afterAll(() =>
		database.rows(`drop schema cron cascade; drop owned by ${role}; drop role ${role}`),
	);

	const job = (active = true) =>
		database.rows(
			`insert into cron.job (jobid, schedule, command, active)
			values (7, '*/5 * * * *', 'select rollup_task_usage_hourly()', $1)`,
			[active],
		);
	const ran = (status: string, message: string, ago: string | null) =>
		database.rows(
			`insert into cron.job_run_details (jobid, command, status, return_message, start_time, end_time)
			select 7, 'select rollup_task_usage_hourly()', $1, $2, now() - $3::interval, now() - $3::interval`,
			[status, message, ago],
		);
	const asPlain = () => {
		const url = new URL(database.url);
		url.username = role;
		url.password = 'w';
		return url.href;
	};

	test('without a job, hidden by row security, and not to be read are three answers', async () => {
		await rollups.level();
		expect(factOf(await diagnoseOnce(database.url), 'pg_cron')).toBe('no job');
		await job();
		expect(factOf(await diagnoseOnce(database.url), 'pg_cron')).toBe('1 job');
		await database.rows(`grant usage on schema cron to ${role}`);
		expect(factOf(await diagnoseOnce(asPlain()), 'pg_cron')).toBe(
			'no job of this role; those of others do not show',
		);
		await database.rows(
			`revoke usage on schema cron from ${role}; revoke pg_read_all_data from ${role};
			grant select on all tables in schema public to ${role}`,
		);
		expect(factOf(await diagnoseOnce(asPlain()), 'pg_cron')).toBe(
			'pg_cron is not visible to this role',
		);
	});

	test('in another database of the server may tick this one: that is a fourth answer', () => {
		const evidence = new Map<string, Reading>([
			['rollup/scheduler', { kind: 'empty', at: 0, cost: { serverMs: 1 } }],
			[
				'rollup/cron-jobs',
				{ kind: 'unavailable', reason: 'not in this database: no table cron.job' },
			],
			[
				'database/role',
				{ kind: 'ok', rows: [{ cron_database: 'postgres' }], at: 0, cost: { serverMs: 1 } },
			],
		]);
		expect(answers({ evidence, snapshot: {} } as unknown as DiagnosisInput)[1]).toEqual({
			place: 'pg_cron',
			text: 'installed in database postgres, whose jobs do not show here',
			isComplete: false,
		});
	});

	test('with a job that is switched off', async () => {
		await rollups.level();
		await rollups.ran('50 minutes', 'hourly');
		await job(false);
		const diagnosis = await diagnoseOnce(database.url);
		expect(findingOf(diagnosis, 'ticks-stopped')).toMatchObject({
			subject: 'hourly',
			sentence: 'nobody has ticked hourly for 50m, and pg_cron job 7 is switched off',
			next: [{ sql: 'select cron.alter_job(7, active := true);' }, {}],
		});
	});

	test('with runs that fail says why', async () => {
		await rollups.level();
		await job();
		await ran('failed', 'ERROR:  permission denied for table task_usage', '3 minutes');
		expect(outline(await diagnoseOnce(database.url))).toEqual(['warn failing-tick hourly']);
		expect(findingOf(await diagnoseOnce(database.url), 'failing-tick').sentence).toBe(
			'ticks of hourly fail, the last one, with "permission denied for table task_usage"',
		);
	});

	test('with runs that could not connect, and have no time', async () => {
		await rollups.level();
		await job();
		const clueOf = async () => findingOf(await diagnoseOnce(database.url), 'failing-tick').clues[0];
		for (let run = 0; run < 3; run += 1) await ran('failed', 'connection failed', null);
		expect((await clueOf())?.value).toMatch(/^failed, nobody noted when, last success /);
		await database.rows('truncate cron.job_run_details');
		await ran('succeeded', '1 row', '25 minutes');
		for (let run = 0; run < 3; run += 1) await ran('failed', 'connection failed', null);
		expect((await clueOf())?.value).toMatch(/^failed 25m ago, last success /);
		expect(outline(await diagnoseOnce(database.url))).toEqual(['critical failing-tick hourly']);
		await ran('succeeded', '1 row', '20 seconds');
		expect(outline(await diagnoseOnce(database.url))).toEqual([]);
	});

	test('beside the scheduler is one too many', async () => {
		await rollups.level();
		await rollups.scheduled('SUCCESS', 3, { newest: '20 seconds', rows: 1 });
		await job();
		await ran('succeeded', '1 row', '2 minutes');
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['note two-tickers hourly']);
		expect(diagnosis.findings[0]?.next[0]?.sql).toBe('select cron.unschedule(7);');
	});
});
