import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Diagnosis } from '../../source/health/diagnosis/diagnose.ts';
import { diagnoseOnce, findingOf, outline } from '../health/diagnosis/diagnosed.ts';
import { rollupRows } from '../health/diagnosis/rollup-rows.ts';
import { applyMigrations } from '../support/apply-migrations.ts';
import type { TestDatabase } from '../support/database.ts';
import { query } from '../support/standby.ts';
import { type OtherServer, startOtherServer } from './other-server.ts';
import { debianPostgres } from './programs.ts';

let server: OtherServer;
let url: string;
const role = 'tidemark_plain';
const password = randomBytes(12).toString('hex');

const rows = (sql: string) => query(url, sql);
/** The same rows as beside the stand-in tables. */
const rollups = rollupRows({
	async rows(sql: string, values: unknown[] = []) {
		const client = new pg.Client(url);
		await client.connect();
		try {
			return (await client.query(sql, values)).rows;
		} finally {
			await client.end();
		}
	},
} as TestDatabase);

beforeAll(async () => {
	server = await startOtherServer(debianPostgres, {
		shared_preload_libraries: 'pg_cron',
		'cron.database_name': 'home',
		'cron.host': '/nowhere',
		'cron.use_background_workers': 'on',
	});
	for (const name of ['home', 'beside']) {
		await query(server.url('postgres'), `create database ${name}`);
		await applyMigrations(server.url(name));
	}
	url = server.url('home');
	await rows(`create role ${role} login password '${password}'`);
	await rows(`grant select on all tables in schema public to ${role}`);
	await rollups.usage('30 minutes');
	await rollups.level();
}, 120_000);
afterAll(() => server?.stop());

const factOf = ({ facts }: Diagnosis, topic = 'pg_cron'): string | undefined =>
	facts.find((fact) => fact.topic === topic)?.text;

const asPlain = () => {
	const plain = new URL(url);
	plain.username = role;
	plain.password = password;
	return plain.href;
};

/** Resolves when pg_cron has noted a run that ended so; it starts jobs at the full minute. */
async function untilRun(command: string, status: string): Promise<void> {
	await vi.waitFor(
		async () => {
			const [row] = await rows(`select count(*)::int as runs from cron.job_run_details
				where command like '%${command}%' and status = '${status}'`);
			expect(row.runs).toBeGreaterThan(0);
		},
		{ timeout: 150_000, interval: 500 },
	);
}

describe('pg_cron', () => {
	test('that is loaded and not created yet, and that of another database', async () => {
		expect(factOf(await diagnoseOnce(url))).toBe(
			'loaded for this database, and its extension is not created',
		);
		await rows('create extension pg_cron');
		expect(factOf(await diagnoseOnce(server.url('beside')))).toBe(
			'installed in database home, whose jobs do not show here',
		);
	});

	test('no job, jobs of others, and not to be seen at all', async () => {
		expect(factOf(await diagnoseOnce(url))).toBe('no job');
		const { next } = findingOf(await neverTicked(), 'nobody-ticks');
		const schedule = next.find(({ sql }) => sql?.includes('cron.schedule'))?.sql ?? '';
		await rows(schedule.replace('*/5', '*'));
		expect(factOf(await diagnoseOnce(url))).toBe('1 job');
		expect(factOf(await diagnoseOnce(asPlain()))).toBe('pg_cron is not visible to this role');
		await rows(`grant usage on schema cron to ${role}`);
		expect(factOf(await diagnoseOnce(asPlain()))).toBe(
			'no job of this role; those of others do not show',
		);
		await rollups.level();
	});

	test('ticks, and is found to do so', async () => {
		await untilRun('rollup_task_usage_hourly', 'succeeded');
		expect(factOf(await diagnoseOnce(url), 'ticks hourly')).toMatch(/^pg_cron, last \d+s ago/);
	}, 150_000);

	test('beside the scheduler is one too many, and what is offered ends it', async () => {
		await rollups.scheduled('SUCCESS', 3, { newest: '20 seconds', rows: 1 });
		const diagnosis = await diagnoseOnce(url);
		expect(outline(diagnosis)).toEqual(['note two-tickers hourly']);
		await rows(findingOf(diagnosis, 'two-tickers').next[0]?.sql ?? '');
		expect(factOf(await diagnoseOnce(url))).toBe('no job');
		// What it ran stays on record, and would pass for somebody who still ticks.
		await rows('delete from cron.job_run_details');
		expect(outline(await diagnoseOnce(url))).toEqual([]);
	});

	test('whose runs fail says why', async () => {
		await rows('truncate sys_cron_executions');
		await rows(`select cron.schedule('* * * * *', 'select rollup_task_usage_daily() / 0')`);
		await untilRun('rollup_task_usage_daily', 'failed');
		expect(findingOf(await diagnoseOnce(url), 'failing-tick').sentence).toMatch(
			/^ticks of daily fail, .*, with "division by zero"$/,
		);
	}, 150_000);

	test('with its job switched off, and on again by what is offered', async () => {
		await rows(`select cron.alter_job(jobid, active := false) from cron.job`);
		await rows('delete from cron.job_run_details');
		await rollups.level();
		await rollups.ran('50 minutes', 'daily');
		const { sentence, next } = findingOf(await diagnoseOnce(url), 'ticks-stopped');
		expect(sentence).toMatch(
			/^nobody has ticked daily for 50m.*, and pg_cron job \d+ is switched off$/,
		);
		await rows(next[0]?.sql ?? '');
		expect(await rows('select active from cron.job')).toEqual([{ active: true }]);
	});
});

/** The finding of a pipeline that never ran, and everything level again afterwards. */
async function neverTicked(): Promise<Diagnosis> {
	await rollups.reset();
	return diagnoseOnce(url);
}
