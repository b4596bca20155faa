import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runBackfill } from '../../source/actions/backfill.ts';
import { type BackfillWish, planBackfill } from '../../source/actions/backfill-plan.ts';
import { leftBehind } from '../../source/actions/ledger.ts';
import { runTick } from '../../source/actions/tick.ts';
import { verifySpan } from '../../source/actions/verify.ts';
import { useDatabase } from '../support/database.ts';
import { startProxy } from '../support/proxy.ts';
import { createField } from './field.ts';
import { isHeld, type Stage, setStage, until } from './stage.ts';
import { seedWorld } from './world.ts';

const day = 86_400_000;
const plain: BackfillWish = {
	engine: 'function',
	isPartialForced: false,
	isByMonth: false,
	sleepMs: 0,
	statementTimeoutMs: 60_000,
	finished: [],
};

const database = useDatabase({ template: 'empty' });
let client: Client;
let stage: Stage;
let windowSource: string;
beforeAll(async () => {
	client = await database.client();
	await createField(client, database.url);
	await seedWorld(client, { from: '100 days', to: '40 days' });
	const { rows } = await client.query(
		`select pg_get_functiondef('rollup_task_usage_hourly_window'::regproc) as source`,
	);
	windowSource = rows[0].source;
});
beforeEach(async () => {
	stage = setStage(database.url);
	await client.query('truncate task_usage_hourly, task_usage_hourly_dirty');
	await client.query(`update task_usage_hourly_rollup_state set watermark_at = 'epoch'`);
	await client.query(windowSource);
});
afterEach(() => stage.remove());

const backfill = (on: Stage, wish: Partial<BackfillWish> = {}) =>
	on.at('backfill', 'hourly', async (place) =>
		runBackfill(on.context, place, await planBackfill(on.context, place, { ...plain, ...wish })),
	);

const watermark = async (): Promise<Date> =>
	(await client.query('select watermark_at as at from task_usage_hourly_rollup_state')).rows[0].at;

/** The database is consistent, the lock is free, and going on ends as if nothing had happened. */
async function expectResumable(): Promise<void> {
	await until(client, `select not (${isHeld(4246)})`);
	expect(await watermark()).toEqual(new Date(0));
	const on = setStage(database.url, { folder: stage.context.folder });
	const [left] = leftBehind({ ...on.context, target: { label: left0(on) } });
	expect(left?.resume).toBe('backfill --pipeline hourly --resume');
	await backfill(on, { finished: left?.slices ?? [] });
	const { effect } = await on.at('verify', 'hourly', (place) =>
		verifySpan(place.session, place.shape, { fromMs: Date.now() - 130 * day, toMs: Date.now() }),
	);
	expect(effect.kinds).toEqual({ pending: 0, drift: 0, ghost: 0 });
	expect(effect.buckets).toBeGreaterThan(50);
}

/** The label that the interrupted run went by: a proxy has a port of its own. */
const left0 = (on: Stage): string => on.receipts().at(-1)?.where ?? on.context.target.label;

/** Resolves when an action's statement waits for a lock. */
const whenStuck = () =>
	until(
		client,
		`select exists (select from pg_stat_activity where application_name = 'tidemark-action'
			and wait_event_type = 'Lock' and datname = current_database())`,
	);

/** Somebody holds rows of the second month, so that its slice stands still. */
async function standInTheWay(): Promise<Client> {
	const other = await database.client();
	await other.query('begin');
	await other.query('lock table task_usage_hourly in share mode');
	return other;
}

describe('in the middle of a backfill', () => {
	test('the network goes away', async () => {
		const proxy = await startProxy(database.url);
		const far = setStage(proxy.url, { folder: stage.context.folder });
		const run = backfill(far, { sleepMs: 60_000 });
		run.catch(() => {});
		await far.whenEvent(({ kind }) => kind === 'slice-done');
		proxy.reset();
		await expect(run).rejects.toMatchObject({
			outcome: 'stopped',
			message: expect.stringMatching(/^The connection was lost/),
			resume: 'backfill --pipeline hourly --resume',
		});
		await proxy.close();
		await expectResumable();
	});

	test('the network goes away during a slice', async () => {
		const other = await standInTheWay();
		const proxy = await startProxy(database.url);
		const far = setStage(proxy.url, { folder: stage.context.folder });
		const run = backfill(far);
		run.catch(() => {});
		await whenStuck();
		proxy.reset();
		await expect(run).rejects.toMatchObject({
			outcome: 'stopped',
			message: expect.stringMatching(/^The connection was lost/),
			resume: 'backfill --pipeline hourly --resume',
		});
		// The server looks at the socket of a session that waits, too.
		await until(client, `select not (${isHeld(4246)})`);
		await other.query('rollback');
		await proxy.close();
		await expectResumable();
	});

	test('the backend is terminated', async () => {
		const other = await standInTheWay();
		const run = backfill(stage);
		run.catch(() => {});
		await whenStuck();
		await client.query(
			`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tidemark-action' and datname = current_database()`,
		);
		await expect(run).rejects.toMatchObject({
			outcome: 'stopped',
			message: expect.stringContaining('terminating connection due to administrator command'),
		});
		await other.query('rollback');
		await expectResumable();
		expect(stage.receipts()).toMatchObject([{ outcome: 'stopped' }, { outcome: 'done' }]);
	});

	test('the backend is terminated while it commits: whether it was kept is not known', async () => {
		const other = await database.client();
		await other.query('select pg_advisory_lock(77)');
		await client.query(
			`create function stand_still() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(77); return null; end $$;
			create constraint trigger stand_still after insert on task_usage_hourly
			deferrable initially deferred for each row execute function stand_still()`,
		);
		const run = backfill(stage);
		run.catch(() => {});
		await until(
			client,
			`select count(pg_terminate_backend(pid)) > 0 from pg_stat_activity where application_name = 'tidemark-action'
				and query = 'commit' and wait_event_type = 'Lock' and datname = current_database()`,
		);
		await expect(run).rejects.toMatchObject({
			outcome: 'unknown',
			message: expect.stringContaining('tidemark verify tells'),
		});
		await client.query('drop function stand_still cascade');
		await other.query('select pg_advisory_unlock(77)');
		await expectResumable();
		expect(stage.receipts()).toMatchObject([{ outcome: 'unknown' }, { outcome: 'done' }]);
	});

	test('tidemark is killed with -9: the next start says what was left, and goes on', async () => {
		const other = await standInTheWay();
		const cli = fileURLToPath(new URL('../../dist/tidemark.js', import.meta.url));
		const env = {
			PATH: process.env.PATH,
			XDG_STATE_HOME: join(stage.context.folder, '..', `${stage.context.folder}-xdg`),
		};
		const folder = join(env.XDG_STATE_HOME, 'tidemark');
		const child = spawn(
			process.execPath,
			[cli, 'backfill', database.url, '--pipeline', 'hourly', '--yes'],
			{ env, stdio: 'ignore' },
		);
		await whenStuck();
		child.kill('SIGKILL');
		await until(client, `select not (${isHeld(4246)})`);
		await other.query('rollback');
		expect(await watermark()).toEqual(new Date(0));
		const again = spawn(process.execPath, [cli, 'tick', database.url, '--dry-run'], { env });
		let said = '';
		again.stderr.on('data', (text) => {
			said += text;
		});
		await new Promise((resolve) => again.once('close', resolve));
		expect(said).toMatch(
			/An earlier backfill of hourly, begun .* UTC, was left after 0 slices. To go on: tidemark backfill --pipeline hourly --resume/,
		);
		const resumed = spawn(process.execPath, [cli, 'backfill', database.url, '--resume', '--yes'], {
			env,
			stdio: 'ignore',
		});
		const status = await new Promise((resolve) => resumed.once('close', resolve));
		expect(status).toBe(0);
		expect((await watermark()).getTime()).toBeGreaterThan(0);
		expect(leftBehind({ folder, target: stage.context.target })).toEqual([]);
	});

	test('it is stopped while the server is at work: the server is told', async () => {
		await client.query(
			`create or replace function rollup_task_usage_hourly_window(from_at timestamptz, to_at timestamptz) returns bigint
			language plpgsql as $$ begin perform pg_sleep(600); return 0; end $$`,
		);
		const run = backfill(stage);
		run.catch(() => {});
		await until(
			client,
			`select exists (select from pg_stat_activity where application_name = 'tidemark-action'
				and wait_event = 'PgSleep' and datname = current_database())`,
		);
		stage.stop.abort();
		await expect(run).rejects.toMatchObject({ outcome: 'stopped' });
		await client.query(windowSource);
		await expectResumable();
	});

	test('the lock is taken away by a function that unlocks too often', async () => {
		await client.query(
			`create or replace function rollup_task_usage_hourly_window(from_at timestamptz, to_at timestamptz) returns bigint
			language plpgsql as $$ begin perform pg_advisory_unlock(4246); return 0; end $$`,
		);
		await expect(backfill(stage)).rejects.toMatchObject({
			outcome: 'failed',
			message: expect.stringContaining('Lock 4246 of the hourly rollup is gone'),
		});
		await client.query(windowSource);
		await expectResumable();
	});

	test('a slice takes longer than it may: smaller ones are tried', async () => {
		await client.query(
			`create or replace function rollup_task_usage_hourly_window(from_at timestamptz, to_at timestamptz) returns bigint
			language plpgsql as $$ begin perform pg_sleep(extract(epoch from to_at - from_at) / 86400 * 0.02); return 1; end $$`,
		);
		const { receipt } = await backfill(stage, { statementTimeoutMs: 400 });
		expect(receipt.outcome).toBe('done');
		expect(stage.events.some(({ kind }) => kind === 'slice-retried')).toBe(true);
		const slices = stage.events.flatMap((event) =>
			event.kind === 'slice-done' ? [event.slice] : [],
		);
		expect(slices.length).toBeGreaterThan(5);
		for (const [index, slice] of slices.entries()) {
			if (index > 0) expect(slice.fromMs).toBe(slices[index - 1]?.toMs);
		}
	});

	test('a slice that can be made no smaller fails with what the server said', async () => {
		await client.query(
			`create or replace function rollup_task_usage_hourly_window(from_at timestamptz, to_at timestamptz) returns bigint
			language plpgsql as $$ begin perform pg_sleep(10); return 1; end $$`,
		);
		await expect(
			backfill(stage, { statementTimeoutMs: 20, isByMonth: true }),
		).rejects.toMatchObject({
			outcome: 'failed',
			message: 'It failed and was rolled back: canceling statement due to statement timeout.',
		});
		await client.query(windowSource);
		await expectResumable();
	});
});

describe('a disk that is full', () => {
	test('before anything was done: nothing is', async () => {
		const blocked = setStage(database.url, { folder: '/dev/full/tidemark' });
		await expect(backfill(blocked)).rejects.toMatchObject({
			outcome: 'refused',
			message: expect.stringMatching(/^Nothing was done, because no receipt could be kept in/),
		});
		expect(await watermark()).toEqual(new Date(0));
	});

	test('when the receipt is written: the work is done, and the fault is told', async () => {
		symlinkSync('/dev/full', join(stage.context.folder, 'receipts.jsonl'));
		const performed = await stage.at('tick', 'hourly', (place) =>
			runTick(stage.context, place, { statementTimeoutMs: 60_000 }),
		);
		expect(performed.receipt.outcome).toBe('done');
		expect(performed.receiptFault).toMatch(/the receipt could not be written to .*: ENOSPC/);
		expect(await watermark()).not.toEqual(new Date(0));
		// Nothing was left half-way, and the next start must not say so.
		expect(leftBehind(stage.context)).toEqual([]);
	});

	test('in the ledger, half-way: the walk goes on and says what a later one would do again', async () => {
		mkdirSync(join(stage.context.folder, 'runs'), { recursive: true });
		const run = backfill(stage, { sleepMs: 5 });
		await stage.whenEvent(({ kind }) => kind === 'planned');
		const { readdirSync, rmSync } = await import('node:fs');
		const runs = join(stage.context.folder, 'runs');
		const [name] = readdirSync(runs);
		rmSync(join(runs, name ?? ''));
		symlinkSync('/dev/full', join(runs, name ?? ''));
		expect((await run).receipt.outcome).toBe('done');
		expect(stage.events).toContainEqual(
			expect.objectContaining({
				kind: 'note',
				text: expect.stringContaining('the ledger could not be written (ENOSPC'),
			}),
		);
	});
});
