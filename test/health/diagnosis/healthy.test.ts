import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { backfill } from '../../../source/commands/backfill.ts';
import { shape } from '../../../source/demo/shape.ts';
import { usualSwitches } from '../../../source/demo/workload/switches.ts';
import { runTick } from '../../../source/demo/workload/ticks.ts';
import { startWorkload } from '../../../source/demo/workload/workload.ts';
import { pipelines } from '../../../source/health/diagnosis/rollups/pipelines.ts';
import { Monitor } from '../../../source/health/monitor.ts';
import { defaultThresholds } from '../../../source/health/thresholds.ts';
import { createField } from '../../actions/field.ts';
import { runCommand } from '../../commands/run-command.ts';
import { useDatabase } from '../../support/database.ts';
import { composeFor } from '../../support/sampling.ts';
import { whenQuery } from '../../support/when-query.ts';
import { useClones, withClient } from './clones.ts';
import { diagnoseNow, diagnoseOnce, outline } from './diagnosed.ts';
import { rollupRows } from './rollup-rows.ts';

const empty = useDatabase();
const field = useDatabase({ template: 'empty' });
const clones = useClones({ days: 2 });
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function product(): Promise<string> {
	const { url, drop } = await clones.create();
	cleanups.push(drop);
	return url;
}

async function session(url: string, application = 'multica-server') {
	const connection = new URL(url);
	connection.searchParams.set('application_name', application);
	const opened = await clones.session(connection.href);
	cleanups.push(() => opened.connection.stream.destroy());
	return opened;
}

/** Where receipts go, instead of the home of whoever runs the tests. */
function stateFolder() {
	const path = mkdtempSync(join(tmpdir(), 'tidemark-state-'));
	cleanups.push(() => rmSync(path, { recursive: true }));
	return { XDG_STATE_HOME: path };
}

/** Whatever must last counts at once here, so that a test can't end before it would have counted. */
const atOnce = Object.fromEntries(
	Object.entries(defaultThresholds).map(([signal, { warn, critical, ...rest }]) => [
		signal,
		{
			...rest,
			...(warn && { warn: { ...warn, forMs: 0 } }),
			...(critical && { critical: { ...critical, forMs: 0 } }),
		},
	]),
) as typeof defaultThresholds;

/**
 * Watches a database as the console does, one look after the other: each tells what a person would be woken
 * up for, or told, by the verdicts of the screen, by those of a single look, and by the findings.
 */
function watcher(url: string): () => Promise<string[]> {
	const parts = composeFor(url);
	const monitor = new Monitor(parts.store, atOnce);
	cleanups.push(() => parts.stop());
	return async () => {
		const diagnosis = await diagnoseNow(parts);
		const bad = monitor
			.current()
			.verdicts.filter(({ severity }) => severity === 'warn' || severity === 'critical');
		return [
			...bad.map(({ severity, sentence }) => `${severity} on the screen: ${sentence}`),
			...outline(diagnosis).filter((line) => !line.startsWith('note')),
			...diagnosis.findings.flatMap(({ verdicts }) => verdicts.map(({ sentence }) => sentence)),
			...diagnosis.unexplained.map(({ sentence }) => sentence),
			...diagnosis.gaps.map(({ evidence, reason }) => `${evidence}: ${reason}`),
		];
	};
}

test('an idle database', async () => {
	const alarms = watcher(empty.url);
	for (let look = 0; look < 2; look += 1) expect(await alarms()).toEqual([]);
	expect(outline(await diagnoseOnce(empty.url))).toEqual([]);
});

test.each([
	['at its usual rate', shape.tasksPerMinute],
	['at full load', 40 * shape.tasksPerMinute],
])('a product at work, %s', async (_, tasksPerMinute) => {
	const url = await product();
	const switches = { ...usualSwitches(tasksPerMinute), isDying: false };
	const workload = startWorkload({ url, seed: 1, switches, stepMs: 20 });
	cleanups.push(() => workload.stop());
	const alarms = watcher(url);
	for (let look = 0; look < 4; look += 1) {
		for (let step = 0; step < 5; step += 1) await workload.nextStep();
		expect(await alarms()).toEqual([]);
	}
});

test('every stage of a tick', async () => {
	const url = await product();
	const alarms = watcher(url);
	const client = await session(url);
	for (const { tickFunction } of pipelines) {
		await client.query(
			`insert into sys_cron_executions (job_name, plan_time, status, started_at, heartbeat_at, stale_after, runner_id)
			values ($1, now(), 'RUNNING', now(), now(), now() + interval '10 minutes', 'demo-scheduler-1')`,
			[tickFunction],
		);
		expect(await alarms()).toEqual([]);
		await client.query('begin');
		await client.query(`select ${tickFunction}()`);
		// Idle with the lock in hand, for the moment until the application commits.
		expect(await alarms()).toEqual([]);
		await client.query('commit');
		await client.query(
			`update sys_cron_executions set status = 'SUCCESS', finished_at = now(), rows_affected = 0
			where job_name = $1 and status = 'RUNNING'`,
			[tickFunction],
		);
		expect(await alarms()).toEqual([]);
	}
});

test('a deploy of all runtimes, one by one', async () => {
	const url = await product();
	const alarms = watcher(url);
	const client = await session(url);
	const { rows } = await client.query('select id from agent_runtime order by id');
	const third = Math.ceil(rows.length / 3);
	for (let first = 0; first < rows.length; first += third) {
		const ids = rows.slice(first, first + third).map(({ id }) => id);
		// Down one after the other, each for less than the time a healthy one may be unheard.
		await client.query(
			`update agent_runtime set last_seen_at = now() - random() * interval '104 seconds' where id = any ($1)`,
			[ids],
		);
		expect(await alarms()).toEqual([]);
		await client.query('update agent_runtime set last_seen_at = now()');
	}
});

describe('a backfill', () => {
	const { windowFunction, tickFunction, lock, state } = pipelines[0] as (typeof pipelines)[number];
	const isHeld = `select exists (select from pg_locks where locktype = 'advisory' and objid = ${lock}
		and database = (select oid from pg_database where datname = current_database()))`;
	const slice = `select ${windowFunction}(now() - interval '2 days', now() - interval '1 day')`;

	test('that works and rests, on one session', async () => {
		const url = await product();
		const alarms = watcher(url);
		const client = await session(url, 'backfill');
		await client.query('select pg_advisory_lock($1)', [lock]);
		expect(await alarms()).toEqual([]);
		for (let count = 0; count < 2; count += 1) {
			await client.query('begin');
			await client.query(slice);
			expect(await alarms()).toEqual([]);
			await client.query('commit');
			expect(await alarms()).toEqual([]);
		}
		await client.query('select pg_advisory_unlock($1)', [lock]);
		expect(await alarms()).toEqual([]);
	});

	test('that commits its windows, after hours, was seen at work', async () => {
		const url = await product();
		const client = await session(url, 'backfill');
		await client.query(`update ${state} set watermark_at = now() - interval '3 hours'`);
		await client.query('select pg_advisory_lock($1)', [lock]);
		const parts = composeFor(url);
		const monitor = new Monitor(parts.store, atOnce);
		cleanups.push(() => parts.stop());
		for (const [index, use] of ['begin', slice, 'commit', 'begin', slice, 'commit'].entries()) {
			await client.query(use);
			if (index === 0) continue;
			const note = 'note lock-busy hourly <- warn unfinished-backfill hourly';
			expect(outline(await diagnoseNow(parts))).toEqual([note]);
			const severities = monitor.current().verdicts.map(({ severity }) => severity);
			expect(severities).not.toContain('critical');
		}
	});

	test('by tidemark itself, looked at all the while, of a pipeline that was emptied', async () => {
		const url = await product();
		await withClient(url, (client) =>
			client.query(`update ${state} set watermark_at = 'epoch';
				insert into task_usage (task_id, provider, model, created_at, updated_at)
				select task_id, 'claude', 'old', now() - interval '2 years', now() - interval '2 years' from task_usage limit 1`),
		);
		const flags = { pipeline: 'hourly', yes: true, sleepBetweenSlices: '100ms' };
		let isDone = false;
		const running = runCommand(backfill, { url, flags, env: stateFolder() }).finally(() => {
			isDone = true;
		});
		await whenQuery(url, isHeld);
		const alarms = watcher(url);
		const looks: string[][] = [];
		while (!isDone) looks.push(await alarms());
		// It may have ended under the last look.
		expect(looks.slice(0, -1).flat()).toEqual([]);
		expect(looks.length).toBeGreaterThan(1);
		expect((await running).status).toBe(0);
	});

	test('in the middle of a window, after hours, is a note', async () => {
		const url = await product();
		const client = await session(url, 'backfill');
		await client.query(`update ${state} set watermark_at = now() - interval '3 hours'`);
		await client.query('select pg_advisory_lock($1)', [lock]);
		const application = randomUUID();
		await client.query(`set application_name = '${application}'`);
		client.query(`${slice} from pg_sleep(600)`).catch(() => {});
		await whenQuery(
			url,
			`select exists (select from pg_stat_activity where application_name = '${application}' and wait_event = 'PgSleep')`,
		);
		// Ticks come as ever, and do nothing, by right.
		await withClient(url, async (scheduler) => {
			for (let tick = 0; tick < 4; tick += 1) await runTick(scheduler, tickFunction);
		});
		expect(outline(await diagnoseOnce(url))).toEqual([
			'note lock-busy hourly <- warn unfinished-backfill hourly',
		]);
	});

	test('of the field, which keeps the lock on a session of its own, idle all the while', async () => {
		const client = await field.client();
		await createField(client, field.url, { names: ['hourly'] });
		await rollupRows(field).usage('30 minutes');
		// Ticks come as ever, and do nothing while the backfill has the lock.
		await client.query(`update ${state} set watermark_at = now() - interval '3 hours',
			last_run_started_at = now(), last_run_finished_at = now(), last_run_rows = 0`);
		const alarms = watcher(field.url);
		expect((await alarms()).join()).toMatch(
			/critical on the screen: hourly rollup is 2h\d\dm behind/,
		);
		const holder = await field.client({ application_name: 'backfill' });
		await holder.query('select pg_advisory_lock($1)', [lock]);
		const worker = await field.client({ application_name: 'backfill' });
		await worker.query('begin');
		await worker.query(slice);
		expect(await alarms()).toEqual([]);
		await worker.query('commit');
		expect(await alarms()).toEqual([]);
		// What the holder did last is no sign any more that it may go on: only its helper is.
		await holder.query('select 1');
		await worker.query('begin');
		await worker.query(slice);
		expect(await alarms()).toEqual([]);
		await worker.end();
		await whenQuery(
			field.url,
			`select count(*) = 1 from pg_stat_activity where application_name = 'backfill' and datname = current_database()`,
		);
		expect(outline(await diagnoseOnce(field.url))[0]).toMatch(/^critical lock-leaked hourly/);
	});
});

test('runs that are all planned for later are a note', async () => {
	const url = await product();
	await withClient(url, async (client) => {
		await client.query(
			`delete from runs where status = 'RUNNING' or (status = 'QUEUED' and run_at <= now())`,
		);
	});
	expect(outline(await diagnoseOnce(url))).toEqual(['note future-only']);
});
