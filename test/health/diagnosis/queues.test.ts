import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { DiagnosisInput } from '../../../source/health/diagnosis/check.ts';
import type { Diagnosis } from '../../../source/health/diagnosis/diagnose.ts';
import { flowsPerMinute } from '../../../source/health/diagnosis/rollups/dirty-queues.ts';
import { type Pipeline, pipelines } from '../../../source/health/diagnosis/rollups/pipelines.ts';
import { createField } from '../../actions/field.ts';
import { pipelines as windows } from '../../rollup/pipelines.ts';
import { useDatabase } from '../../support/database.ts';
import { diagnoseOnce, findingOf, outline } from './diagnosed.ts';
import { rollupRows } from './rollup-rows.ts';

const database = useDatabase();
const rollups = rollupRows(database);

beforeAll(async () => {
	// Of three hours and days, since the oldest is never compared.
	for (const age of ['3 days', '50 hours', '26 hours', '30 minutes']) await rollups.usage(age);
});
afterEach(() => rollups.reset());

/** Invalidations that change nothing, of some ages. */
const enqueue = (...ages: string[]) =>
	database.rows(
		`insert into task_usage_hourly_dirty (bucket_hour, workspace_id, runtime_id, agent_id, provider, model, enqueued_at)
		select 'epoch', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'p', 'm', now() - age::interval
		from unnest($1::text[]) age`,
		[ages],
	);

const dirtyFact = ({ facts }: Diagnosis) =>
	facts.find(({ topic }) => topic === 'dirty hourly')?.text;

describe('a dirty queue', () => {
	test('that keeps rows for an hour while nobody ticks belongs to that', async () => {
		await rollups.level();
		await rollups.ran('1 hour', 'hourly');
		await database.rows('truncate task_usage_hourly_dirty');
		await enqueue('55 minutes', ...Array.from({ length: 20 }, () => '2 minutes'));
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual([
			'critical ticks-stopped hourly <- warn dirty-grows hourly',
		]);
		expect(diagnosis.findings[0]?.folded[0]?.sentence).toBe(
			'the dirty queue of hourly holds 21 rows, the oldest for 55m: grows 4 a minute and never clears while nobody ticks',
		);
		expect(diagnosis.unexplained).toEqual([]);
	});

	test('that ticks leave as it is stands alone', async () => {
		await rollups.level();
		await enqueue('40 minutes');
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['warn dirty-grows hourly']);
		expect(diagnosis.findings[0]?.sentence).toMatch(/: ticks run and leave them there$/);
		expect(diagnosis.unexplained).toEqual([]);
	});

	test('that the next tick clears is none', async () => {
		await rollups.level();
		await database.rows('truncate task_usage_hourly_dirty');
		await enqueue('9 minutes', '1 minute');
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual([]);
		expect(diagnosis.facts).toContainEqual({
			topic: 'dirty hourly',
			text: '2 rows, the oldest for 9m, in 0.2/m, clears at the next tick',
		});
	});

	test('that is young clears later than at the next tick', async () => {
		await rollups.level();
		await database.rows('truncate task_usage_hourly_dirty');
		await enqueue('1 minute');
		const diagnosis = await diagnoseOnce(database.url);
		expect(dirtyFact(diagnosis)).toMatch(
			/^1 row, .*, in 0\.2\/m, clears once it is five minutes old$/,
		);
	});

	test('is not said to clear while ticks fail, or before they get there', async () => {
		await rollups.level();
		await database.rows('truncate task_usage_hourly_dirty, task_usage_daily_dirty');
		await enqueue('9 minutes');
		await rollups.scheduled('FAILED', 2, { newest: '20 seconds', only: 'hourly' });
		const failing = await diagnoseOnce(database.url);
		expect(dirtyFact(failing)).toMatch(/never clears while ticks fail$/);
		await database.rows('truncate sys_cron_executions');
		await rollups.behind('60 hours', 'hourly');
		const behind = await diagnoseOnce(database.url);
		expect(dirtyFact(behind)).toMatch(/clears when it has caught up, in 3 ticks$/);
	});

	test('that is cleared by a tick at work is not said to be held up by it', async () => {
		await rollups.level();
		await database.rows('truncate task_usage_hourly_dirty');
		await enqueue('9 minutes');
		const ticking = await database.client();
		const { rows } = await ticking.query('select pg_backend_pid() as pid');
		await ticking.query('begin; select pg_advisory_xact_lock(4246)');
		const sleeping = ticking.query('select pg_sleep(60) /* rollup_task_usage_hourly() */');
		sleeping.catch(() => {});
		await vi.waitUntil(async () => {
			const [row] = await database.rows(
				`select state, query from pg_stat_activity where pid = ${rows[0].pid}`,
			);
			return row.state === 'active' && row.query.includes('pg_sleep');
		});
		const diagnosis = await diagnoseOnce(database.url);
		await database.rows(`select pg_cancel_backend(${rows[0].pid})`);
		await expect(sleeping).rejects.toThrow(/cancel/);
		await ticking.query('rollback');
		expect(dirtyFact(diagnosis)).toMatch(/clears at the next tick$/);
	});

	test.each([
		['without an index', '', /^over 20,000 rows, the oldest for \S+, clears at the next tick$/],
		[
			'with an index on its age',
			'create index dirty_age on task_usage_hourly_dirty (enqueued_at)',
			/^over 20,000 rows, the oldest for 9m, in 100\/m, clears at the next tick$/,
		],
	])('that is long is read to twenty thousand rows: %s', async (_, index, text) => {
		await rollups.level();
		await database.rows('truncate task_usage_hourly_dirty');
		await database.rows(
			`insert into task_usage_hourly_dirty (bucket_hour, workspace_id, runtime_id, agent_id, provider, model, enqueued_at)
			select 'epoch', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'p', 'm',
				now() - case when n <= 20100 then interval '8 minutes' when n <= 20600 then interval '2 minutes' else interval '9 minutes' end
			from generate_series(1, 20601) n`,
		);
		if (index !== '') await database.rows(index);
		try {
			expect(dirtyFact(await diagnoseOnce(database.url))).toMatch(text);
		} finally {
			await database.rows('drop index if exists dirty_age');
		}
	});

	test('is watched filling and draining', () => {
		const minute = 60_000;
		const history = [10, 40, 70, 5, 35, 3].map((dirty_rows, at) => ({
			readings: new Map([
				['rollup/hourly-dirty', { kind: 'ok', rows: [{ dirty_rows }], at: at * minute }],
			]),
		}));
		const seen = (snapshots: readonly object[]) =>
			flowsPerMinute({ history: snapshots } as unknown as DiagnosisInput, 'hourly');
		// Out 65 and 32 rows within five minutes, in 30, 30 and 30.
		expect(seen(history)?.out).toBeCloseTo(97 / 5);
		expect(seen(history)?.in).toBeCloseTo(90 / 5);
		expect(seen(history.slice(0, 2))).toBeUndefined();
	});
});

describe('invalidations of over five days', () => {
	const fieldPrune = `create or replace function prune_task_usage_hourly_dirty(retention interval default '7 days')
		returns bigint language sql as $$
			with gone as (delete from task_usage_hourly_dirty where enqueued_at < now() - retention returning 1)
			select count(*) from gone
		$$`;

	test('are about to be lost where pruning deletes what was not consumed', async () => {
		const [{ definition }] = await database.rows(
			`select pg_get_functiondef('prune_task_usage_hourly_dirty(interval)'::regprocedure) as definition`,
		);
		await rollups.level();
		await rollups.behind('10 days', 'hourly');
		await rollups.ran('10 days', 'hourly');
		await enqueue('8 days', '8 days 1 hour', '9 days 12 hours', '6 days', '1 hour');
		await database.rows(fieldPrune);
		try {
			const diagnosis = await diagnoseOnce(database.url);
			const { sentence, clues, next, severity } = findingOf(diagnosis, 'dirty-loss');
			expect(severity).toBe('critical');
			expect(sentence).toBe(
				'4 invalidations of hourly are about to be lost: they are pruned at seven days, the first at the next tick, and their buckets stay wrong for good',
			);
			// The window of the next tick ends nine days ago: it consumes the oldest only.
			expect(clues).toContainEqual({ label: 'lost at the next tick', value: '2' });
			// Nothing says that one should tick before that.
			const steps = diagnosis.findings.flatMap((finding) => finding.next);
			expect(steps.filter(({ command }) => command?.startsWith('tick'))).toEqual([]);
			await database.rows(next[0]?.sql ?? '');
			expect(outline(await diagnoseOnce(database.url)).join()).not.toContain('dirty');
		} finally {
			await database.rows(definition);
		}
	});

	test('are lost in some days unless somebody ticks, and not where the next tick consumes them', async () => {
		const [{ definition }] = await database.rows(
			`select pg_get_functiondef('prune_task_usage_hourly_dirty(interval)'::regprocedure) as definition`,
		);
		await rollups.level();
		await database.rows(fieldPrune);
		try {
			await rollups.ran('6 days', 'hourly');
			await enqueue('6 days');
			expect(findingOf(await diagnoseOnce(database.url), 'dirty-loss').sentence).toMatch(
				/^1 invalidation of hourly is about to be lost: they are pruned at seven days, the first in (1d0h|23h59m) unless a tick comes before, and their buckets stay wrong for good$/,
			);
			await enqueue('8 days');
			expect(findingOf(await diagnoseOnce(database.url), 'dirty-loss').sentence).toBe(
				'2 invalidations of hourly have waited for over five days, the oldest 8d0h: their buckets have been wrong for as long',
			);
		} finally {
			await database.rows(definition);
		}
	});

	test('are wrong for as long, and not lost, where pruning consumes them', async () => {
		await rollups.level();
		await rollups.ran('6 days', 'hourly');
		await enqueue('6 days');
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toContain('critical dirty-loss hourly');
		expect(findingOf(diagnosis, 'dirty-loss').sentence).toBe(
			'1 invalidation of hourly has waited for over five days, the oldest 6d0h: their buckets have been wrong for as long',
		);
	});
});

describe('triggers', () => {
	test('that are disabled', async () => {
		await rollups.level();
		await database.rows('alter table issue disable trigger user');
		try {
			const diagnosis = await diagnoseOnce(database.url);
			expect(outline(diagnosis)).toEqual(['critical triggers-off']);
			expect(diagnosis.findings[0]).toMatchObject({
				confidence: 'certain',
				sentence:
					'2 triggers are disabled on issue: deleted and moved work is still counted in daily, dashboard and hourly',
			});
			await database.rows(diagnosis.findings[0]?.next[0]?.sql ?? '');
			expect(outline(await diagnoseOnce(database.url))).toEqual([]);
		} finally {
			await database.rows('alter table issue enable trigger user');
		}
	});

	test('of which one is missing, and all', async () => {
		await rollups.level();
		const client = await database.client();
		// Rolled back afterwards; the watcher must see it, so it is committed in between.
		const { rows } = await client.query(
			`select tgrelid::regclass::text as of, tgname as name, pg_get_triggerdef(oid) as definition from pg_trigger
			where not tgisinternal and tgname like 'tidemark_%' order by tgname`,
		);
		const drop = ({ name, of }: { name: string; of: string }) =>
			client.query(`drop trigger ${name} on ${of}`);
		try {
			await drop(rows.find(({ name }) => name === 'tidemark_issue_moved'));
			const one = await diagnoseOnce(database.url);
			expect(outline(one)).toEqual([
				'critical triggers-off hourly',
				'critical triggers-off dashboard',
			]);
			expect(one.findings[0]?.sentence).toBe(
				'hourly cannot know of deleted and moved work: no trigger tells it of issues moved to another project',
			);
			for (const each of rows) if (each.name !== 'tidemark_issue_moved') await drop(each);
			const all = await diagnoseOnce(database.url);
			expect(outline(all)).toEqual(['critical triggers-off daily, dashboard and hourly']);
			expect(all.findings[0]?.confidence).toBe('certain');
		} finally {
			await client.query('drop trigger if exists tidemark_issue_moved on issue');
			for (const { name, of, definition } of rows) {
				await client.query(`drop trigger if exists ${name} on ${of}`);
				await client.query(definition);
			}
		}
	});
});

describe('buckets that differ from raw', () => {
	test.each(pipelines)(
		'in $name: other sums, none behind them, not there at all',
		async (pipeline) => {
			const { table, bucket, name } = pipeline;
			await rollups.level();
			await database.rows(
				`update ${table} set input_tokens = input_tokens + 1 where ${bucket} = (select max(${bucket}) from ${table} where ${bucket} < now() - interval '25 hours')`,
			);
			const wrong = findingOf(await diagnoseOnce(database.url), 'wrong-numbers');
			expect(wrong).toMatchObject({ subject: name, confidence: 'certain' });
			expect(wrong.clues).toContainEqual({ label: 'with other sums', value: '1' });

			await database.rows(
				`delete from ${table} where ${bucket} = (select max(${bucket}) from ${table} where ${bucket} < now() - interval '25 hours')`,
			);
			const missing = findingOf(await diagnoseOnce(database.url), 'wrong-numbers');
			expect(missing.clues).toContainEqual({ label: 'not rolled up at all', value: '1' });
			// What it says to do mends it, and only a tick was missing then.
			const [enqueueing] = missing.next.flatMap(({ sql }) => (sql ? [sql] : []));
			await database.rows(enqueueing ?? '');
			await database.rows(
				`update ${pipeline.dirty} set enqueued_at = now() - interval '10 minutes'`,
			);
			await database.rows(`select ${pipeline.tickFunction}()`);
			expect(outline(await diagnoseOnce(database.url))).toEqual([]);

			const columns = [bucket, ...Object.keys(pipeline.keys)];
			const ghost = columns.map((column) => (column === 'model' ? `'ghost'` : column)).join(', ');
			const counts = name === 'daily' ? 'event_count' : 'event_count, task_count';
			await database.rows(
				`insert into ${table} (${columns.join(', ')}, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, ${counts})
			select ${ghost}, 1, 0, 0, 0, ${counts} from ${table} where ${bucket} < now() - interval '25 hours' order by ${bucket} desc limit 1`,
			);
			const ghosts = findingOf(await diagnoseOnce(database.url), 'wrong-numbers');
			expect(ghosts.clues).toContainEqual({ label: 'with nothing raw behind them', value: '1' });
		},
	);

	test('are found behind hours with usage of tasks that have no runtime, which is in no bucket', async () => {
		const tasks = await database.rows(
			`with a as (select id from agent limit 1),
			t as (
				insert into agent_task_queue (agent_id, status, completed_at)
				select a.id, 'completed', now() from a, generate_series(1, 5) returning id
			)
			insert into task_usage (task_id, provider, model, input_tokens, created_at, updated_at)
			select id, 'claude', 'm', 7, now() - age, now() - age
			from (select id, (20 + row_number() over ()) * interval '1 hour' as age from t) each returning task_id`,
		);
		try {
			await rollups.level();
			expect(outline(await diagnoseOnce(database.url))).toEqual([]);
			await database.rows(
				`update task_usage_hourly set input_tokens = 0 where bucket_hour = date_trunc('hour', now() - interval '50 hours', 'UTC')`,
			);
			const { sentence } = findingOf(await diagnoseOnce(database.url), 'wrong-numbers');
			expect(sentence).toMatch(/^hourly differs from the raw usage in 1 of the last \d+ hours, /);
		} finally {
			await database.rows('delete from agent_task_queue where id = any ($1)', [
				tasks.map((task) => task.task_id),
			]);
		}
	});

	test('because an invalidation waits, or a row is younger than the watermark, are none', async () => {
		await rollups.level();
		await database.rows('delete from task_usage_hourly');
		await database.rows(
			`insert into task_usage_hourly_dirty (bucket_hour, workspace_id, runtime_id, agent_id, provider, model)
			select date_trunc('hour', created_at, 'UTC'), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), null, null from task_usage`,
		);
		expect(outline(await diagnoseOnce(database.url))).toEqual([]);
	});

	test('because a task that waits in the queue by its name alone was moved, are none', async () => {
		await rollups.level();
		const tasks = 'id in (select task_id from task_usage)';
		const [runtime] = await database.rows('select id from agent_runtime limit 1');
		await database.rows(`update agent_task_queue set runtime_id = null where ${tasks}`);
		for (const { window } of windows)
			await database.rows(`select ${window}('infinity', 'infinity')`);
		await database.rows(`update agent_task_queue set runtime_id = '${runtime?.id}' where ${tasks}`);
		expect(await database.rows('select distinct model from task_usage_hourly_dirty')).toEqual([
			{ model: null },
		]);
		expect(outline(await diagnoseOnce(database.url))).toEqual([]);
	});
});

describe('a watermark', () => {
	test.each(["now() + interval '2 hours'", "'infinity'"])('ahead of the clock: %s', async (at) => {
		await rollups.level();
		await database.rows(`update task_usage_hourly_rollup_state set watermark_at = ${at}`);
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['critical watermark-future hourly']);
		expect(diagnosis.findings[0]?.verdicts).toMatchObject([
			{ signal: 'rollup-watermark-ahead', subject: 'hourly', severity: 'critical' },
		]);
		await database.rows(diagnosis.findings[0]?.next[0]?.sql ?? '');
		await database.rows('select rollup_task_usage_hourly()');
		expect(outline(await diagnoseOnce(database.url))).toEqual([]);
	});
});

describe('a watermark of the product, days after the mistake', () => {
	const field = useDatabase({ template: 'empty' });

	test('is brought back before all that was skipped', async () => {
		const client = await field.client();
		await createField(client, field.url);
		const { usage } = rollupRows(field);
		const all = async (statement: (pipeline: Pipeline) => string, count = 1) => {
			for (let time = 0; time < count; time += 1)
				for (const pipeline of pipelines) await client.query(statement(pipeline));
		};
		const tick = ({ tickFunction }: Pipeline) => `select ${tickFunction}()`;
		await usage('4 days');
		await all(({ state }) => `update ${state} set watermark_at = now() - interval '5 days'`);
		await all(tick, 5);
		await all(({ state }) => `update ${state} set watermark_at = now() + interval '1 year'`);
		await usage('3 days');
		await usage('2 hours');
		await all(tick);
		const { findings, gaps } = await diagnoseOnce(field.url);
		// And nobody compares its days.
		expect(gaps.map(({ evidence }) => evidence)).toEqual(['rollup/drift-daily']);
		const found = findings.filter(({ fault }) => fault === 'watermark-future');
		expect(found.map(({ severity, subject }) => `${severity} ${subject}`)).toEqual(
			pipelines.map(({ name }) => `critical ${name}`),
		);
		for (const { next } of found) await client.query(next[0]?.sql ?? '');
		await all(tick, 8);
		for (const { name, table } of pipelines) {
			const { rows } = await client.query(`select sum(event_count)::int as events from ${table}`);
			expect(rows, name).toEqual([{ events: 3 }]);
		}
	});
});

describe('usage without updated_at', () => {
	test('from before the column is well', async () => {
		await rollups.level();
		await database.rows(
			`update task_usage set updated_at = null where created_at < now() - interval '2 days'`,
		);
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual([]);
		expect(diagnosis.facts).toContainEqual({
			topic: 'legacy usage',
			text: expect.stringMatching(
				/^rows up to \d{4}-.* have no updated_at: they count by created_at$/,
			),
		});
	});

	test('that is written now never brings its corrections', async () => {
		await database.rows('alter table task_usage alter updated_at drop default');
		await database.rows(
			`insert into task_usage (task_id, provider, model, created_at) select task_id, 'late', 'm', now() - interval '20 minutes' from task_usage limit 1`,
		);
		await rollups.level();
		try {
			const diagnosis = await diagnoseOnce(database.url);
			expect(outline(diagnosis)).toEqual(['warn usage-without-update-time']);
			expect(diagnosis.findings[0]).toMatchObject({
				confidence: 'certain',
				sentence:
					'usage is still written without updated_at, last 20m ago: corrections of such rows never reach the rollups',
			});
		} finally {
			await database.rows(`delete from task_usage where provider = 'late'`);
			await database.rows('alter table task_usage alter updated_at set default now()');
		}
	});
});
