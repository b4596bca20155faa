import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { backfill } from '../../../source/commands/backfill.ts';
import { shape } from '../../../source/demo/shape.ts';
import { usualSwitches } from '../../../source/demo/workload/switches.ts';
import { startWorkload } from '../../../source/demo/workload/workload.ts';
import { pipelines } from '../../../source/health/diagnosis/rollups/pipelines.ts';
import { runCommand } from '../../commands/run-command.ts';
import { useDatabase } from '../../support/database.ts';
import { whenQuery } from '../../support/when-query.ts';
import { useClones, withClient } from './clones.ts';
import { diagnoseOnce, outline } from './diagnosed.ts';

const empty = useDatabase();
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

/** What a person would be woken up for, or told. */
async function alarms(url: string): Promise<string[]> {
	const diagnosis = await diagnoseOnce(url);
	return [
		...outline(diagnosis).filter((line) => !line.startsWith('note')),
		...diagnosis.unexplained.map(({ sentence }) => sentence),
		...diagnosis.gaps.map(({ evidence, reason }) => `${evidence}: ${reason}`),
	];
}

test('an idle database', async () => {
	const diagnosis = await diagnoseOnce(empty.url);
	expect(outline(diagnosis)).toEqual([]);
	expect(diagnosis.gaps).toEqual([]);
	expect(diagnosis.unexplained).toEqual([]);
});

test.each([
	['at its usual rate', shape.tasksPerMinute],
	['at full load', 40 * shape.tasksPerMinute],
])('a product at work, %s', async (_, tasksPerMinute) => {
	const url = await product();
	const switches = { ...usualSwitches(tasksPerMinute), isDying: false };
	const workload = startWorkload({ url, seed: 1, switches, stepMs: 20 });
	cleanups.push(() => workload.stop());
	for (let look = 0; look < 4; look += 1) {
		for (let step = 0; step < 5; step += 1) await workload.nextStep();
		expect(await alarms(url)).toEqual([]);
	}
});

test('every stage of a tick', async () => {
	const url = await product();
	const client = await session(url);
	for (const { tickFunction } of pipelines) {
		await client.query(
			`insert into sys_cron_executions (job_name, plan_time, status, started_at, heartbeat_at, stale_after, runner_id)
			values ($1, now(), 'RUNNING', now(), now(), now() + interval '10 minutes', 'demo-scheduler-1')`,
			[tickFunction],
		);
		expect(await alarms(url)).toEqual([]);
		await client.query('begin');
		await client.query(`select ${tickFunction}()`);
		// Idle with the lock in hand, for the moment until the application commits.
		expect(await alarms(url)).toEqual([]);
		await client.query('commit');
		await client.query(
			`update sys_cron_executions set status = 'SUCCESS', finished_at = now(), rows_affected = 0
			where job_name = $1 and status = 'RUNNING'`,
			[tickFunction],
		);
		expect(await alarms(url)).toEqual([]);
	}
});

test('a deploy of all runtimes, one by one', async () => {
	const url = await product();
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
		expect(await alarms(url)).toEqual([]);
		await client.query('update agent_runtime set last_seen_at = now()');
	}
});

describe('a backfill', () => {
	const { windowFunction, lock, state } = pipelines[0] as (typeof pipelines)[number];
	const slice = `select ${windowFunction}(now() - interval '2 days', now() - interval '1 day')`;

	test('that works and rests, on one session', async () => {
		const url = await product();
		const client = await session(url, 'backfill');
		await client.query('select pg_advisory_lock($1)', [lock]);
		expect(await alarms(url)).toEqual([]);
		for (let count = 0; count < 2; count += 1) {
			await client.query('begin');
			await client.query(slice);
			expect(await alarms(url)).toEqual([]);
			await client.query('commit');
			expect(await alarms(url)).toEqual([]);
		}
		await client.query('select pg_advisory_unlock($1)', [lock]);
		expect(await alarms(url)).toEqual([]);
	});

	test('by tidemark itself, looked at all the while', async () => {
		const url = await product();
		const flags = { pipeline: 'hourly', yes: true, sleepBetweenSlices: '100ms' };
		let isDone = false;
		const running = runCommand(backfill, { url, flags, env: stateFolder() }).finally(() => {
			isDone = true;
		});
		let looks = 0;
		for (; !isDone; looks += 1) expect(await alarms(url)).toEqual([]);
		expect((await running).status).toBe(0);
		expect(looks).toBeGreaterThan(0);
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
		expect(outline(await diagnoseOnce(url))).toEqual([
			'note lock-busy hourly <- warn unfinished-backfill hourly',
		]);
	});

	test('that keeps the lock on a session of its own, idle all the while', async () => {
		const url = await product();
		const holder = await session(url, 'backfill');
		await holder.query('select pg_advisory_lock($1)', [lock]);
		await holder.query('select 1');
		expect(outline(await diagnoseOnce(url))).toEqual(['critical lock-leaked hourly']);
		const worker = await session(url, 'backfill');
		await worker.query(`update ${state} set watermark_at = now() - interval '3 hours'`);
		// The window takes the lock itself in these pipelines; in the field it doesn't.
		await worker.query(`select '${windowFunction}'`);
		expect(outline(await diagnoseOnce(url))).toEqual([
			'note lock-busy hourly <- warn unfinished-backfill hourly',
		]);
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
