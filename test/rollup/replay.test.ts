import { beforeEach, describe, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import {
	drainAll,
	expectLevel,
	pidOf,
	reset,
	untilBlocked,
	untilFree,
	usageSql,
} from './fixture.ts';
import { pipelines } from './pipelines.ts';
import { nth } from './world.ts';

const database = useDatabase();

beforeEach(() => reset(database));

/** Damages the rollups behind everybody's back: one row wrong, one missing, one that nothing is behind. */
async function damage(table: string): Promise<void> {
	await database.rows(
		`update ${table} set input_tokens = 999 where ctid = (select min(ctid) from ${table})`,
	);
	await database.rows(`create temp table ghost as select * from ${table} limit 1`);
	await database.rows(
		`delete from ${table} where ctid = (select min(ctid) from ${table} where input_tokens <> 999)`,
	);
	await database.rows(
		`update ghost set model = 'ghost'; insert into ${table} select * from ghost; drop table ghost`,
	);
}

describe.each(pipelines)('a replay of $name', ({ name, table, window, buckets, dirty }) => {
	const type = name === 'hourly' ? 'timestamptz' : 'date';

	test('by update time and by bucket time come to the same', async () => {
		// Happened two days ago, corrected an hour ago: the two times differ.
		await database.rows(
			usageSql({ createdAt: "now() - interval '2 days'", updatedAt: "now() - interval '1 hour'" }),
		);
		await database.rows(`truncate ${dirty}`);
		await database.rows(`select ${window}(now() - interval '3 days', now() - interval '1 day')`);
		expect(await database.rows(`select from ${table} where model = 'b'`)).toEqual([]);
		await database.rows(`select ${window}(now() - interval '2 hours', now())`);
		const byUpdate = await database.rows(
			`select model, input_tokens, event_count from ${table} order by 1, 2`,
		);
		await database.rows(`delete from ${table} where model = 'b'`);
		await database.rows(
			`select ${buckets}((now() - interval '3 days')::${type}, (now() - interval '1 day')::${type})`,
		);
		expect(
			await database.rows(`select model, input_tokens, event_count from ${table} order by 1, 2`),
		).toEqual(byUpdate);
		await drainAll(database);
		await expectLevel(database);
	});

	test('touches nothing where nothing is wrong, however often it is run', async () => {
		const before = await database.rows(`select ctid, * from ${table} order by 1`);
		for (let runs = 0; runs < 2; runs++) {
			expect(await database.rows(`select ${window}('-infinity', 'infinity') as rows`)).toEqual([
				{ rows: '0' },
			]);
			expect(
				await database.rows(
					`select ${buckets}((now() - interval '2 days')::${type}, (now() + interval '1 day')::${type}) as rows`,
				),
			).toEqual([{ rows: '0' }]);
		}
		expect(await database.rows(`select ctid, * from ${table} order by 1`)).toEqual(before);
	});

	test('by bucket time mends what is wrong, missing or too much', async () => {
		await damage(table);
		const [{ rows }] = await database.rows(
			`select ${buckets}((now() - interval '2 days')::${type}, (now() + interval '1 day')::${type}) as rows`,
		);
		expect(Number(rows)).toBeGreaterThanOrEqual(3);
		await expectLevel(database);
	});

	test('from and to say nothing about the queue: every call drains what was enqueued before its end', async () => {
		await database.rows(`delete from task_usage where task_id = '${nth.task(1)}'`);
		await database.rows(`select ${window}('2020-01-01', '2020-02-01')`);
		expect(await database.rows(`select from ${dirty}`)).toHaveLength(1);
		await database.rows(`select ${window}('2020-01-01', now() + interval '1 minute')`);
		expect(await database.rows(`select from ${dirty}`)).toEqual([]);
	});
});

describe.each(pipelines)('a backfill of $name', ({ name, table, state, lock }) => {
	test('covers rows that were updated later than the newest was created, damage and ghosts', async () => {
		await database.rows(
			usageSql({
				createdAt: "now() - interval '70 days'",
				updatedAt: "now() - interval '1 minute'",
			}),
		);
		await database.rows(
			`update task_usage set created_at = created_at - interval '40 days' where model = 'a'`,
		);
		await damage(table);
		await database.rows(
			'truncate task_usage_hourly_dirty, task_usage_daily_dirty, task_usage_dashboard_dirty',
		);
		await database.rows(`update ${state} set watermark_at = 'epoch'`);
		await database.rows(`call tidemark_backfill('${name}')`);
		await expectLevel(database, name);
		expect(
			await database.rows(
				`select watermark_at between now() - interval '6 minutes' and now() - interval '5 minutes' as is_settled from ${state}`,
			),
		).toEqual([{ is_settled: true }]);
	});

	test('of no usage stamps the watermark', async () => {
		await database.rows(
			`delete from task_usage; delete from task_usage_hourly; delete from task_usage_daily; delete from task_usage_dashboard_daily`,
		);
		await database.rows(`update ${state} set watermark_at = 'epoch'`);
		await database.rows(`call tidemark_backfill('${name}')`);
		expect(
			await database.rows(
				`select watermark_at > now() - interval '6 minutes' as is_settled from ${state}`,
			),
		).toEqual([{ is_settled: true }]);
	});

	test('broken off keeps the months done, leaves the watermark, and holds no lock', async () => {
		const [walker, blocker] = await Promise.all([database.client(), database.client()]);
		await database.rows(usageSql({ createdAt: "now() - interval '70 days'" }));
		await database.rows(`truncate ${table}; update ${state} set watermark_at = 'epoch'`);
		await blocker.query(
			`begin; lock table task_usage_hourly, task_usage_daily, task_usage_dashboard_daily in share mode`,
		);
		const pid = await pidOf(walker);
		const walking = walker.query(`call tidemark_backfill('${name}')`);
		await untilBlocked(database, pid, walking);
		await database.rows(`select pg_cancel_backend(${pid})`);
		await expect(walking).rejects.toMatchObject({ code: '57014' });
		await blocker.query('rollback');
		expect(await database.rows(`select watermark_at = 'epoch' as is_same from ${state}`)).toEqual([
			{ is_same: true },
		]);
		await untilFree(database, lock);
		await walker.query(`call tidemark_backfill('${name}')`);
		await expectLevel(database, name);
	});
});

describe.each(pipelines)('the queue of $name', ({ prune, dirty, tick, state }) => {
	beforeEach(async () => {
		await database.rows(`delete from task_usage where task_id = '${nth.task(1)}'`);
		await database.rows(`update ${dirty} set enqueued_at = now() - interval '10 days'`);
	});

	test('pruned loses nothing that no window has consumed: pruning does what the row asks for', async () => {
		expect(await database.rows(`select ${prune}('30 days') as rows`)).toEqual([{ rows: '0' }]);
		expect(await database.rows(`select ${prune}() as rows`)).toEqual([{ rows: '1' }]);
		expect(await database.rows(`select from ${dirty}`)).toEqual([]);
		await drainAll(database);
		await expectLevel(database);
	});

	test('outlives a pause of ten days: the next tick consumes it', async () => {
		await database.rows(`update ${state} set watermark_at = now() - interval '10 days'`);
		await database.rows(`select ${tick}()`);
		expect(await database.rows(`select from ${dirty}`)).toEqual([]);
		await drainAll(database);
		await expectLevel(database);
	});

	test('is not pruned while another holds the lock', async () => {
		const holder = await database.client();
		await holder.query('begin; select tidemark_lock_rollup(name) from tidemark_rollup_pipelines');
		expect(await database.rows(`select ${prune}() as rows`)).toEqual([{ rows: '0' }]);
		expect(await database.rows(`select from ${dirty}`)).toHaveLength(1);
		await holder.query('rollback');
	});
});

describe.each(pipelines)('orphans of $name', ({ name, table, key, dirty }) => {
	const prefix = `task_usage_${name === 'dashboard' ? 'dashboard' : name}`;
	const keys = `array(select row(${key.map((column) => `o.${column}`).join(', ')})::tidemark_${name}_key from ${prefix}_orphans() o)`;

	test('are found, and repaired by key', async () => {
		expect(await database.rows(`select from ${prefix}_orphans()`)).toEqual([]);
		await database.rows(`create temp table ghost as select * from ${table}; update ghost set model = 'ghost';
			insert into ${table} select * from ghost; drop table ghost`);
		const found = await database.rows(`select model from ${prefix}_orphans()`);
		expect(new Set(found.map((row) => row.model))).toEqual(new Set(['ghost']));
		expect(await database.rows(`select repair_${prefix}(${keys}) as rows`)).toEqual([
			{ rows: String(found.length) },
		]);
		await expectLevel(database);
	});

	test('are none while an invalidation of theirs is queued', async () => {
		await database.rows(`delete from task_usage where task_id = '${nth.task(2)}'`);
		expect(await database.rows(`select from ${dirty}`)).toHaveLength(1);
		expect(await database.rows(`select from ${prefix}_orphans()`)).toEqual([]);
		await database.rows(`truncate ${dirty}`);
		expect(await database.rows(`select from ${prefix}_orphans()`)).toHaveLength(1);
	});

	test('are none while a task of theirs is queued by its name alone', async () => {
		const columns = name === 'dashboard' ? 'agent_id' : 'runtime_id';
		const other = name === 'dashboard' ? nth.agent(2) : nth.runtime(2);
		await database.rows(
			`update agent_task_queue set ${columns} = '${other}' where id = '${nth.task(2)}' and ${columns} <> '${other}'`,
		);
		expect(await database.rows(`select model from ${dirty}`)).toEqual([{ model: null }]);
		expect(await database.rows(`select from ${prefix}_orphans()`)).toEqual([]);
		await database.rows(`truncate ${dirty}`);
		expect(await database.rows(`select from ${prefix}_orphans()`)).toHaveLength(1);
	});

	test('go when their keys are enqueued by hand', async () => {
		await database.rows(`delete from task_usage where task_id = '${nth.task(2)}'`);
		await database.rows(`truncate ${dirty}`);
		await database.rows(
			`insert into ${dirty} (${key.join(', ')}) select ${key.join(', ')} from ${prefix}_orphans()`,
		);
		await drainAll(database);
		await expectLevel(database);
	});
});
