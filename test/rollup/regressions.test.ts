import type pg from 'pg';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { drainAll, expectLevel, holders, pidOf, reset, untilBlocked, usageSql } from './fixture.ts';
import { pipelines } from './pipelines.ts';
import { nth } from './world.ts';

const database = useDatabase();
let first: pg.Client;
let second: pg.Client;

beforeAll(async () => {
	first = await database.client();
	second = await database.client();
});
beforeEach(() => reset(database));

const rowsOf = (table: string) => database.rows(`select from ${table}`);

describe.each(pipelines)('$name: overlap', ({ name, tick, window, lock }) => {
	test('of a tick and a backfill: the tick is told that it is busy, and both converge', async () => {
		await database.rows(
			usageSql({
				createdAt: "now() - interval '40 days'",
				updatedAt: "now() - interval '40 days'",
			}),
		);
		await first.query('begin');
		await first.query(`select ${window}('-infinity', 'infinity')`);
		expect((await second.query(`select ${tick}() as rows`)).rows).toEqual([{ rows: '0' }]);
		expect(
			(await second.query('select outcome from tidemark_rollup_runs order by id desc limit 1'))
				.rows,
		).toEqual([{ outcome: 'busy' }]);
		await first.query('commit');
		await second.query(`call tidemark_backfill('${name}')`);
		await second.query(`select ${tick}()`);
		await drainAll(database);
		await expectLevel(database);
	});

	test('of two windows: the second waits, and sees what the first could not', async () => {
		const pid = await pidOf(second);
		await first.query('begin');
		await first.query(`select ${window}('-infinity', 'infinity')`);
		const waiting = second.query(`select ${window}('-infinity', 'infinity')`);
		await untilBlocked(database, pid, waiting);
		expect((await holders(database, lock)).map((each) => each.granted)).toEqual([true, false]);
		await database.rows(usageSql());
		await first.query('rollback');
		await waiting;
		await expectLevel(database, name);
	});
});

describe('late invalidation', () => {
	test.each(pipelines)(
		'$name: one that arrives during a tick survives its drain',
		async ({ tick, dirty, window }) => {
			await database.rows(`delete from task_usage where task_id = '${nth.task(1)}'`);
			await database.rows(`update ${dirty} set enqueued_at = now() - interval '1 hour'`);
			await first.query('begin');
			await first.query(`select ${tick}()`);
			// Neither waits for the tick, though both are about buckets that it has in hand.
			await second.query("set lock_timeout = '1s'");
			await second.query(
				usageSql({
					createdAt: "now() - interval '3 hours'",
					model: 'a',
					updatedAt: "now() - interval '1 hour'",
				}),
			);
			await first.query('commit');
			expect(await rowsOf(dirty)).toHaveLength(1);
			await database.rows(`select ${window}('infinity', 'infinity')`);
			await drainAll(database);
			await expectLevel(database);
		},
	);

	test('one of a transaction longer than the drain is consumed by the next', async () => {
		await first.query('begin');
		await first.query(`delete from task_usage where task_id = '${nth.task(1)}'`);
		await drainAll(database);
		await first.query('commit');
		await drainAll(database);
		await expectLevel(database);
		expect(await rowsOf('task_usage_hourly')).toHaveLength(2);
	});
});

describe('moves', () => {
	test('a reassigned runtime takes its usage along', async () => {
		await database.rows(
			`update agent_task_queue set runtime_id = '${nth.runtime(1)}' where id = '${nth.task(1)}'`,
		);
		await drainAll(database);
		await expectLevel(database);
		expect(
			await database.rows(`select from task_usage_hourly where runtime_id = '${nth.runtime(2)}'`),
		).toHaveLength(1);
	});

	test('what a move tells is the owners that ended, and only buckets of theirs are due', async () => {
		await database.rows(
			`update agent_task_queue set runtime_id = '${nth.runtime(1)}' where id = '${nth.task(1)}'`,
		);
		expect(
			await database.rows(
				'select task_id, runtime_id, project_id, provider, model from task_usage_hourly_dirty',
			),
		).toEqual([
			{
				task_id: nth.task(1),
				runtime_id: nth.runtime(2),
				project_id: null,
				provider: null,
				model: null,
			},
		]);
		const due = await database.rows<{ workspace_id: string; project_id: string }>(
			`select workspace_id, project_id from tidemark_hourly_take('infinity')`,
		);
		// One the usage left and one it came to, and none of a workspace or a project that was not looked up.
		expect(due).toEqual(
			Array(2).fill({ workspace_id: nth.workspace(2), project_id: nth.project(1) }),
		);
	});

	test('a task without a runtime counts by project, and by runtime once it has one', async () => {
		await database.rows(
			`update agent_task_queue set runtime_id = null where id = '${nth.task(1)}'`,
		);
		await drainAll(database);
		expect(
			[await rowsOf('task_usage_hourly'), await rowsOf('task_usage_dashboard_daily')].map(
				(rows) => rows.length,
			),
		).toEqual([2, 3]);
		await database.rows(
			`update agent_task_queue set runtime_id = '${nth.runtime(1)}' where id = '${nth.task(1)}'`,
		);
		await drainAll(database);
		await expectLevel(database);
		expect(await rowsOf('task_usage_hourly')).toHaveLength(3);
	});

	test("the workspace is the agent's, also where the issue has another", async () => {
		await database.rows(`update issue set workspace_id = '${nth.workspace(2)}'`);
		await drainAll(database);
		await expectLevel(database);
		await database.rows(`delete from issue where id = '${nth.issue(1)}'`);
		await drainAll(database);
		await expectLevel(database);
		await database.rows(`update agent set workspace_id = '${nth.workspace(2)}'`);
		await drainAll(database);
		await expectLevel(database);
		expect(await database.rows('select distinct workspace_id from task_usage_hourly')).toEqual([
			{ workspace_id: nth.workspace(2) },
		]);
	});

	test.each([
		['model', `model = 'z'`],
		['hour and day', `created_at = created_at - interval '30 hours'`],
		['task', `task_id = '${nth.task(2)}', model = 'z'`],
	])('a usage row that is given another %s leaves its bucket', async (_, change) => {
		await database.rows(
			`update task_usage set ${change}, updated_at = now() where task_id = '${nth.task(1)}'`,
		);
		for (const { window } of pipelines)
			await database.rows(`select ${window}(now() - interval '1 minute', 'infinity')`);
		await expectLevel(database);
	});

	test('a project may be none, before and after', async () => {
		await database.rows(`update issue set project_id = null`);
		await drainAll(database);
		await expectLevel(database);
		await database.rows(`update issue set project_id = '${nth.project(2)}'`);
		await drainAll(database);
		await expectLevel(database);
		await database.rows(`update agent_task_queue set issue_id = null`);
		await drainAll(database);
		await expectLevel(database);
	});

	test('two links of one task move at once, and the queue is read in between', async () => {
		await first.query('begin');
		// Sees project 1; by the time it commits the usage is counted under project 2.
		await first.query(
			`update agent_task_queue set issue_id = '${nth.issue(2)}' where id = '${nth.task(1)}'`,
		);
		await database.rows(
			`update issue set project_id = '${nth.project(2)}' where id = '${nth.issue(1)}'`,
		);
		await drainAll(database);
		await first.query('commit');
		await drainAll(database);
		await expectLevel(database);
	});

	test('an issue changes its project when the task that was counted by it has just left', async () => {
		await database.rows(
			`update agent_task_queue set issue_id = '${nth.issue(2)}' where id = '${nth.task(1)}'`,
		);
		await database.rows(
			`update issue set project_id = '${nth.project(2)}' where id = '${nth.issue(1)}'`,
		);
		await drainAll(database);
		await expectLevel(database);
	});

	test('usage that a mover could not see yet follows it', async () => {
		await first.query('begin');
		await first.query(
			usageSql({ updatedAt: "now() - interval '1 hour'", createdAt: "now() - interval '2 hours'" }),
		);
		await second.query('begin');
		await second.query(
			`update agent_task_queue set runtime_id = '${nth.runtime(1)}' where id = '${nth.task(1)}'`,
		);
		await first.query('commit');
		await drainAll(database);
		await second.query('commit');
		await drainAll(database);
		await expectLevel(database);
	});
});

describe('deletes', () => {
	test.each([
		['usage', `delete from task_usage where task_id = '${nth.task(1)}'`, 2],
		['a task', `delete from agent_task_queue where id = '${nth.task(1)}'`, 2],
		['an issue', `delete from issue where id = '${nth.issue(1)}'`, 2],
		['an agent', `delete from agent where id = '${nth.agent(2)}'`, 1],
		['a runtime, whose tasks stay', `delete from agent_runtime where id = '${nth.runtime(2)}'`, 1],
		[
			'a workspace, with the issues of its own',
			`delete from workspace where id = '${nth.workspace(1)}'`,
			1,
		],
		['everything at once', 'truncate task_usage', 0],
	])('%s', async (_, sql, hourlyRows) => {
		await database.rows(sql);
		await drainAll(database);
		await expectLevel(database);
		expect(await rowsOf('task_usage_hourly')).toHaveLength(hourlyRows);
	});

	test('of a workspace waits for no tick', async () => {
		await first.query('begin');
		for (const { window } of pipelines)
			await first.query(`select ${window}('-infinity', 'infinity')`);
		await second.query("set lock_timeout = '1s'");
		await second.query(`delete from workspace where id = '${nth.workspace(1)}'`);
		await first.query('commit');
		await drainAll(database);
		await expectLevel(database);
	});
});

describe('time', () => {
	test('a month with no data takes nothing away and adds nothing', async () => {
		for (const { window, buckets, name } of pipelines) {
			const type = name === 'hourly' ? 'timestamptz' : 'date';
			expect(await database.rows(`select ${window}('2020-01-01', '2020-02-01') as rows`)).toEqual([
				{ rows: '0' },
			]);
			expect(
				await database.rows(
					`select ${buckets}('2020-01-01'::${type}, '2020-02-01'::${type}) as rows`,
				),
			).toEqual([{ rows: '0' }]);
		}
		await expectLevel(database);
	});

	test.each(pipelines)(
		'$name: a watermark exactly five minutes ago leaves nothing to do',
		async ({ tick, state }) => {
			await first.query('begin');
			await first.query(`update ${state} set watermark_at = now() - interval '5 minutes'`);
			expect((await first.query(`select ${tick}() as rows`)).rows).toEqual([{ rows: '0' }]);
			const { rows } = await first.query(
				`select watermark_at = now() - interval '5 minutes' as is_same, last_run_rows from ${state}`,
			);
			expect(rows).toEqual([{ is_same: true, last_run_rows: '0' }]);
			await first.query('rollback');
		},
	);

	test.each(pipelines)(
		'$name: an event exactly at the end of a window belongs to the next',
		async ({ window, table }) => {
			await database.rows(
				usageSql({ updatedAt: "'2026-01-01 12:00Z'", createdAt: "'2026-01-01 12:00Z'" }),
			);
			await database.rows(
				'truncate task_usage_hourly_dirty, task_usage_daily_dirty, task_usage_dashboard_dirty',
			);
			const before = (await rowsOf(table)).length;
			await database.rows(`select ${window}('2026-01-01 11:00Z', '2026-01-01 12:00Z')`);
			expect(await rowsOf(table)).toHaveLength(before);
			await database.rows(`select ${window}('2026-01-01 12:00Z', '2026-01-01 13:00Z')`);
			expect(await rowsOf(table)).toHaveLength(before + 1);
		},
	);

	test('a day of the database is cut where its clock is, also where midnight comes twice', async () => {
		// In Havana the clock goes back from 1:00 to 0:00 on 2026-11-01: 04:30Z and 05:30Z are both 0:30.
		await database.rows("update task_usage_rollup_state set time_zone = 'America/Havana'");
		for (const [n, at] of [
			'2026-11-01 03:30Z',
			'2026-11-01 04:30Z',
			'2026-11-01 05:30Z',
			'2026-11-02 04:59Z',
			'2026-11-02 05:00Z',
		].entries()) {
			await database.rows(usageSql({ createdAt: `'${at}'`, model: `m${n}` }));
		}
		await database.rows("select rollup_task_usage_daily_buckets('2026-10-31', '2026-11-01')");
		await database.rows("select rollup_task_usage_daily_buckets('2026-11-01', '2026-11-03')");
		const days =
			"select bucket_date::text as day, count(*)::int from task_usage_daily where model like 'm%' group by 1 order by 1";
		expect(await database.rows(days)).toEqual([
			{ day: '2026-10-31', count: 1 },
			{ day: '2026-11-01', count: 3 },
			{ day: '2026-11-02', count: 1 },
		]);
		await database.rows("update task_usage_rollup_state set time_zone = 'Etc/UTC'");
	});
});

describe('whoever writes usage', () => {
	const role = `tidemark_test_writer_${process.pid}`;

	test('needs no right on the pipelines, and no search_path that finds them', async () => {
		await database.rows(
			`create role ${role}; grant select, insert, update, delete on workspace, agent, agent_runtime, issue, agent_task_queue, task_usage to ${role}`,
		);
		const writer = await database.client();
		try {
			await writer.query(
				`set role ${role}; set search_path = pg_catalog; create temp view agent as select 1 / 0 as id`,
			);
			const stale = usageSql({ updatedAt: "now() - interval '1 hour'" }).replace(
				'task_usage',
				'public.task_usage',
			);
			await writer.query(stale);
			await writer.query(`update public.task_usage set model = 'c' where model = 'b'`);
			await writer.query(
				`update public.agent_task_queue set runtime_id = null where id = '${nth.task(1)}'`,
			);
			await writer.query(`update public.issue set project_id = null`);
			await writer.query(`delete from public.task_usage where task_id = '${nth.task(2)}'`);
			await writer.query(`delete from public.issue`);
			await writer.query(`delete from public.workspace`);
			await expect(
				writer.query('select from public.task_usage_hourly_dirty'),
			).rejects.toMatchObject({ code: '42501' });
		} finally {
			await writer.end();
			await database.rows(`drop owned by ${role}; drop role ${role}`);
		}
		await drainAll(database);
		await expectLevel(database);
	});
});
