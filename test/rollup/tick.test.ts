import type pg from 'pg';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import {
	drainAll,
	expectLevel,
	holders,
	pidOf,
	reset,
	untilBlocked,
	untilFree,
	usageSql,
} from './fixture.ts';
import { pipeline, pipelines } from './pipelines.ts';
import { nth } from './world.ts';

const database = useDatabase();
let client: pg.Client;

beforeAll(async () => {
	client = await database.client();
});
beforeEach(() => reset(database));

const lastRun = async (name: string) =>
	(
		await database.rows(
			`select outcome, error_code, error_message, rows_touched from tidemark_rollup_runs where pipeline = '${name}' order by id desc limit 1`,
		)
	)[0];
/** Makes sums overflow: nothing a recompute could do about it. */
const overflow = async () => {
	await database.rows(usageSql({ task: 1, model: 'a1', inputTokens: 1 }));
	await database.rows(`update task_usage set input_tokens = 9223372036854775807, provider = 'codex', model = 'z',
		created_at = '2026-01-01 12:00Z', updated_at = now() - interval '10 minutes' where model = 'a1'`);
	await database.rows(`insert into task_usage (task_id, provider, model, input_tokens, created_at, updated_at)
		values ('${nth.task(3)}', 'codex', 'z', 1, '2026-01-01 12:00Z', now() - interval '10 minutes')`);
	// Both of one key: the same task's owners.
	await database.rows(
		`update agent_task_queue set agent_id = '${nth.agent(2)}', runtime_id = '${nth.runtime(2)}', issue_id = null`,
	);
};

describe.each(pipelines)('a failing tick of $name', ({ name, tick, state, lock }) => {
	beforeEach(async () => {
		await overflow();
		await database.rows(
			'truncate task_usage_hourly_dirty, task_usage_daily_dirty, task_usage_dashboard_dirty',
		);
	});

	test('called as a procedure: its error stays written down, and the caller sees it', async () => {
		const [before] = await database.rows(`select watermark_at from ${state}`);
		await expect(client.query(`call ${tick}_tick()`)).rejects.toMatchObject({
			code: '22003',
			message: 'bigint out of range',
		});
		expect(await database.rows(`select watermark_at, last_error from ${state}`)).toEqual([
			{ ...before, last_error: '22003: bigint out of range' },
		]);
		expect(await lastRun(name)).toMatchObject({
			outcome: 'failed',
			error_code: '22003',
			error_message: 'bigint out of range',
		});
		await untilFree(database, lock);
	});

	test('called as a function: it fails, and its SQLSTATE outlives the rollback', async () => {
		await expect(client.query(`select ${tick}()`)).rejects.toMatchObject({ code: '22003' });
		expect(
			await database.rows(
				`select code, failed_at > now() - interval '1 minute' as is_recent from tidemark_unlogged_failure('${name}')`,
			),
		).toEqual([{ code: '22003', is_recent: true }]);
		await database.rows("delete from task_usage where provider = 'codex'");
		await client.query(`select ${tick}()`);
		expect(
			await database.rows(
				`select outcome, error_code from tidemark_rollup_runs where pipeline = '${name}' order by id`,
			),
		).toEqual([
			{ outcome: 'failed', error_code: '22003' },
			expect.objectContaining({ outcome: expect.stringMatching(/ok|idle/) }),
		]);
	});

	test('is forgotten by the state with the next that succeeds, and kept by the log', async () => {
		await expect(client.query(`call ${tick}_tick()`)).rejects.toThrow();
		await database.rows("delete from task_usage where provider = 'codex'");
		await client.query(`call ${tick}_tick()`);
		expect(await database.rows(`select last_error from ${state}`)).toEqual([{ last_error: null }]);
		expect(
			await database.rows(
				`select from tidemark_rollup_runs where pipeline = '${name}' and outcome = 'failed'`,
			),
		).toHaveLength(1);
	});
});

describe('the lock', () => {
	const { tick, window, lock } = pipeline('hourly');

	test.each([
		['a function', `select ${tick}()`],
		['a procedure', `call ${tick}_tick()`],
		['a window', `select ${window}('-infinity', 'infinity')`],
	])('is gone with a cancelled statement: %s', async (_, sql) => {
		const [blocker, ticker] = await Promise.all([database.client(), database.client()]);
		const pid = await pidOf(ticker);
		await blocker.query('begin; lock table task_usage_hourly in access exclusive mode');
		await database.rows(usageSql({ updatedAt: "now() - interval '10 minutes'" }));
		await database.rows(
			"update task_usage_hourly_dirty set enqueued_at = now() - interval '10 minutes'",
		);
		const running = ticker.query(sql);
		await untilBlocked(database, pid, running);
		expect(await holders(database, lock)).toEqual([{ pid, granted: true }]);
		await database.rows(`select pg_cancel_backend(${pid})`);
		await expect(running).rejects.toMatchObject({ code: '57014' });
		await untilFree(database, lock);
		await blocker.query('rollback');
		// The same connection, as a pool would use it on, ticks again.
		await ticker.query(`select ${tick}()`);
		await drainAll(database);
		await expectLevel(database);
	});

	test('a cancelled tick is written down too', async () => {
		const [blocker, ticker] = await Promise.all([database.client(), database.client()]);
		const pid = await pidOf(ticker);
		await blocker.query('begin; lock table task_usage_hourly in access exclusive mode');
		await database.rows(
			`delete from task_usage; update task_usage_hourly_dirty set enqueued_at = now() - interval '10 minutes'`,
		);
		const running = ticker.query(`call ${tick}_tick()`);
		await untilBlocked(database, pid, running);
		await database.rows(`select pg_cancel_backend(${pid})`);
		await expect(running).rejects.toMatchObject({ code: '57014' });
		await blocker.query('rollback');
		expect(await lastRun('hourly')).toMatchObject({ outcome: 'failed', error_code: '57014' });
	});

	test('is gone with a killed session, whose run is found lost', async () => {
		const [blocker, ticker] = await Promise.all([database.client(), database.client()]);
		const pid = await pidOf(ticker);
		await blocker.query('begin; lock table task_usage_hourly in access exclusive mode');
		await database.rows(
			`delete from task_usage; update task_usage_hourly_dirty set enqueued_at = now() - interval '10 minutes'`,
		);
		const running = expect(ticker.query(`call ${tick}_tick()`)).rejects.toThrow();
		await untilBlocked(database, pid, running);
		expect(await lastRun('hourly')).toMatchObject({ outcome: 'running' });
		await database.rows(`select pg_terminate_backend(${pid}, 5000)`);
		await running;
		await untilFree(database, lock);
		await blocker.query('rollback');
		await database.rows(`select ${tick}()`);
		expect(
			await database.rows(
				"select outcome from tidemark_rollup_runs where pipeline = 'hourly' and outcome <> 'failed' order by id",
			),
		).toEqual([{ outcome: 'lost' }, { outcome: 'ok' }]);
	});
});

describe.each(pipelines)('busy and idle, $name', ({ name, tick, lock, state }) => {
	test('are two outcomes', async () => {
		const holder = await database.client();
		const notices: string[] = [];
		client.on('notice', (notice) => notices.push(notice.message ?? ''));
		await holder.query(`select pg_advisory_lock(${lock})`);
		const [before] = await database.rows(`select * from ${state}`);
		for (const call of [`select ${tick}()`, `call ${tick}_tick()`]) {
			await client.query(call);
			expect(await lastRun(name)).toMatchObject({ outcome: 'busy', rows_touched: null });
		}
		expect(notices).toContain(`pipeline ${name} is busy: another session holds lock ${lock}`);
		expect(await database.rows(`select * from ${state}`)).toEqual([before]);
		await holder.query(`select pg_advisory_unlock(${lock})`);
		await client.query(`select ${tick}()`);
		expect(await lastRun(name)).toMatchObject({ outcome: 'idle', rows_touched: '0' });
		await holder.end();
		client.removeAllListeners('notice');
	});
});

describe('how far a tick reaches', () => {
	const { tick } = pipeline('daily');
	const watermark = async () =>
		(await database.rows('select watermark_at from task_usage_rollup_state'))[0]
			.watermark_at as Date;

	test('to five minutes ago', async () => {
		await database.rows(`select ${tick}()`);
		expect(Math.abs(Date.now() - 300_000 - (await watermark()).getTime())).toBeLessThan(60_000);
	});

	test('not past a transaction that still writes usage, however long it takes', async () => {
		await database.rows("update tidemark_rollup_pipelines set settle_interval = '0'");
		const writer = await database.client();
		await writer.query('begin');
		const [begun] = (await writer.query('select now() as at')).rows;
		await writer.query(usageSql());
		await database.rows(`select ${tick}()`);
		expect(await watermark()).toEqual(begun.at);
		await writer.query('commit');
		await database.rows(`select ${tick}()`);
		expect((await watermark()) > begun.at).toBe(true);
		expect(await database.rows("select from task_usage_daily where model = 'b'")).toHaveLength(1);
	});

	test('not past a transaction that is prepared and may yet commit', async () => {
		await database.rows("update tidemark_rollup_pipelines set settle_interval = '0'");
		const writer = await database.client();
		await writer.query('begin');
		await writer.query(usageSql());
		await writer.query("prepare transaction 'usage'");
		const [{ prepared }] = await database.rows('select prepared from pg_prepared_xacts');
		try {
			await database.rows(`select ${tick}()`);
			expect((await watermark()) <= prepared).toBe(true);
		} finally {
			// Else nobody gets at the table any more.
			await writer.query("commit prepared 'usage'");
		}
		await database.rows(`select ${tick}()`);
		expect((await watermark()) > prepared).toBe(true);
		expect(await database.rows("select from task_usage_daily where model = 'b'")).toHaveLength(1);
	});

	test.each(pipelines)(
		'$name: it drains the queue to there, and no further',
		async ({ tick: own, dirty }) => {
			await database.rows(`delete from task_usage where task_id = '${nth.task(1)}'`);
			await database.rows(`select ${own}()`);
			expect(await database.rows(`select from ${dirty}`)).toHaveLength(1);
			await database.rows(`update ${dirty} set enqueued_at = now() - interval '6 minutes'`);
			await database.rows(`select ${own}()`);
			expect(await database.rows(`select from ${dirty}`)).toEqual([]);
		},
	);

	test('never backwards', async () => {
		const [{ at }] = await database.rows(
			"update task_usage_rollup_state set watermark_at = now() - interval '1 minute' returning watermark_at as at",
		);
		await database.rows(`select ${tick}()`);
		expect(await watermark()).toEqual(at);
	});

	test.each(pipelines)(
		'$name: with a watermark ahead of the clock it fails loudly, and the backfill mends it',
		async ({ name, tick: own, state }) => {
			await database.rows(`update ${state} set watermark_at = now() + interval '1 day'`);
			await database.rows(usageSql());
			await expect(database.rows(`select ${own}()`)).rejects.toMatchObject({
				message: expect.stringContaining(`the watermark of pipeline ${name} is ahead of the clock`),
				hint: `Recompute everything: call tidemark_backfill('${name}')`,
			});
			await database.rows(`call tidemark_backfill('${name}')`);
			await database.rows(`select ${own}()`);
			expect(await database.rows(`select watermark_at < now() as is_past from ${state}`)).toEqual([
				{ is_past: true },
			]);
		},
	);

	test('hourly: one day a call, and over a stretch without usage in one', async () => {
		await database.rows('delete from task_usage');
		for (const days of [400, 399.5, 398.5, 100]) {
			await database.rows(
				usageSql({
					createdAt: `now() - interval '${days} days'`,
					updatedAt: `now() - interval '${days} days'`,
					model: `m${days}`,
				}),
			);
		}
		await database.rows('truncate task_usage_hourly_dirty, task_usage_hourly');
		await database.rows("update task_usage_hourly_rollup_state set watermark_at = 'epoch'");
		const rowsAfter: number[] = [];
		for (let ticks = 0; ticks < 4; ticks++) {
			await database.rows('select rollup_task_usage_hourly()');
			rowsAfter.push((await database.rows('select from task_usage_hourly')).length);
		}
		expect(rowsAfter).toEqual([2, 3, 4, 4]);
	});

	test('refuses a snapshot that may be older than the lock', async () => {
		for (const sql of [
			`select ${tick}()`,
			"select rollup_task_usage_daily_window('-infinity', 'infinity')",
		]) {
			await client.query('begin isolation level repeatable read');
			await expect(client.query(sql)).rejects.toThrow(
				'a rollup runs at isolation level read committed, not repeatable read',
			);
			await client.query('rollback');
		}
	});
});

describe.each(pipelines)('lag, $name', ({ name, tick, state }) => {
	const prefix = {
		hourly: 'task_usage_hourly',
		daily: 'task_usage',
		dashboard: 'task_usage_dashboard',
	}[name];

	test('of the data and age of the run are two numbers', async () => {
		await database.rows(
			usageSql({
				updatedAt: "now() - interval '10 days'",
				createdAt: "now() - interval '10 days'",
			}),
		);
		await database.rows(usageSql({ model: 'c' }));
		await database.rows(
			`update ${state} set watermark_at = now() - interval '11 days', last_run_finished_at = now() - interval '2 hours'`,
		);
		const lags = async () =>
			(
				await database.rows(
					`select round(${prefix}_rollup_lag_seconds()) as run_age, round(${prefix}_rollup_data_lag_seconds()) as data_lag`,
				)
			)[0];
		expect(await lags()).toEqual({ run_age: 7200, data_lag: 950_400 });
		await database.rows(`select ${tick}()`);
		const { run_age, data_lag } = await lags();
		expect(run_age).toBeLessThan(5);
		// The hourly one takes a day at a time.
		if (name === 'hourly') expect(data_lag).toBeGreaterThan(86_400 * 8);
		else expect(data_lag).toBeLessThanOrEqual(310);
	});
});
