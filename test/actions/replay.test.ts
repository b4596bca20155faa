import type { Client } from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { totalOf } from '../../source/actions/effect.ts';
import type { EngineName } from '../../source/actions/engine.ts';
import { runReplay } from '../../source/actions/replay.ts';
import { planReplay, type ReplayBy, type ReplayPlan } from '../../source/actions/replay-plan.ts';
import { verifySpan } from '../../source/actions/verify.ts';
import { useDatabase } from '../support/database.ts';
import { createField } from './field.ts';
import { hollow, type Stage, setStage } from './stage.ts';
import { seedWorld, thing } from './world.ts';

const hour = 3_600_000;
const day = 24 * hour;
const today = Math.floor(Date.now() / day) * day;
const options = { statementTimeoutMs: 60_000, sleepMs: 0 };

describe.each(['own', 'field'])('on the pipelines of %s', (kind) => {
	const database = useDatabase({ template: kind === 'own' ? 'migrated' : 'empty' });
	let client: Client;
	let stage: Stage;
	beforeAll(async () => {
		client = await database.client();
		if (kind === 'field') await createField(client, database.url);
		await seedWorld(client, { from: '12 days', to: '2 days', tasks: 200, usage: 600 });
	});
	beforeEach(async () => {
		stage = setStage(database.url);
		await client.query('truncate task_usage_hourly, task_usage_hourly_dirty');
		await client.query(
			`select rollup_task_usage_hourly_window('-infinity', now() - interval '5 minutes')`,
		);
		await client.query(
			`update task_usage_hourly_rollup_state set watermark_at = now() - interval '5 minutes'`,
		);
	});
	afterEach(() => stage.remove());

	/** Makes some buckets wrong in every way: changed, missing, and without anything raw. */
	async function spoil(): Promise<void> {
		await client.query(`
			update task_usage_hourly set input_tokens = input_tokens + 5
			where ctid = any (array(select ctid from task_usage_hourly order by bucket_hour limit 4));
			delete from task_usage_hourly
			where ctid = any (array(select ctid from task_usage_hourly order by bucket_hour desc limit 3));
			insert into task_usage_hourly (bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model,
				input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, event_count, task_count)
			select date_trunc('hour', now()) - n * interval '30 hours' - interval '4 days', '${thing('workspace', 1)}',
				'${thing('runtime', 1)}', '${thing('agent', 1)}', null, 'claude', 'gone', 1, 1, 1, 1, 1, 1
			from generate_series(1, 2) n`);
	}

	const look = (
		by: ReplayBy = 'bucket',
		engine: EngineName = 'function',
		span = { fromMs: today - 13 * day, toMs: today },
	): Promise<ReplayPlan> =>
		stage.at('replay', 'hourly', (place) => planReplay(place, { span, by, engine }));

	const apply = (plan: ReplayPlan) =>
		stage.at('replay', 'hourly', (place) => runReplay(stage.context, place, plan, options));

	const wrong = () =>
		stage.at('verify', 'hourly', (place) =>
			verifySpan(place.session, place.shape, { fromMs: today - 20 * day, toMs: today + day }),
		);

	test('a replay of what is right has nothing to do', async () => {
		const plan = await look();
		expect(plan.effect.groups).toEqual([]);
		expect(plan.effect.buckets).toBeGreaterThan(100);
	});

	test.each(['function', 'direct'] as const)(
		'by bucket it shows exactly what changes, and then changes that, by %s',
		async (engine) => {
			await spoil();
			const plan = await look('bucket', engine);
			expect(totalOf(plan.effect.groups)).toMatchObject({ inserted: 3, changed: 4, deleted: 2 });
			const { rows } = await client.query(
				'select sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens)::float8 as tokens, count(*)::int as n from task_usage_hourly',
			);
			const { receipt } = await apply(plan);
			const after = await client.query(
				'select sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens)::float8 as tokens from task_usage_hourly',
			);
			const { tokensBefore, tokensAfter } = totalOf(plan.effect.groups);
			expect(after.rows[0].tokens - rows[0].tokens).toBe(
				Number(tokensAfter) - Number(tokensBefore),
			);
			expect(receipt).toMatchObject({
				outcome: 'done',
				touched: 9,
				plan: plan.hash,
				rows: { before: rows[0].n, after: rows[0].n + 1 },
			});
			expect((await wrong()).effect.groups).toEqual([]);
			expect((await client.query('select from task_usage_hourly_dirty')).rowCount).toBe(0);
		},
	);

	test('a plan made again is the same plan; one of other numbers is another', async () => {
		await spoil();
		const [one, two] = [await look(), await look()];
		expect(one.hash).toBe(two.hash);
		await client.query(
			`update task_usage_hourly set input_tokens = input_tokens + 1 where model = 'gone'`,
		);
		expect((await look()).hash).not.toBe(one.hash);
	});

	test.each(['function', 'direct'] as const)(
		'what moved since the plan ends it before anything is done, by %s',
		async (engine) => {
			await spoil();
			const plan = await look('bucket', engine);
			await client.query(
				`update task_usage_hourly set output_tokens = output_tokens + 1
				where ctid = any (array(select ctid from task_usage_hourly order by bucket_hour limit 1))`,
			);
			const before = await client.query(
				'select * from task_usage_hourly order by 1, 2, 3, 4, 5, 6, 7',
			);
			await expect(apply(plan)).rejects.toThrow(
				/The plan no longer holds, nothing was done: \d{4}-\d\d-\d\d workspace a0000000-.*: planned \+0 ~\d −0 buckets, \d+ → \d+ tokens, now \+0 ~\d −0 buckets/,
			);
			const after = await client.query(
				'select * from task_usage_hourly order by 1, 2, 3, 4, 5, 6, 7',
			);
			expect(after.rows).toEqual(before.rows);
			expect(stage.receipts()).toEqual([]);
		},
	);

	/** By a function that says it has done its work, and has not. */
	const onField = kind === 'field' ? test : () => {};
	onField('a window function that leaves a bucket wrong: all of it is rolled back', async () => {
		const name = 'rollup_task_usage_hourly_window';
		const { rows } = await client.query(`select pg_get_functiondef('${name}'::regproc) as source`);
		await spoil();
		const plan = await look();
		const before = await wrong();
		await client.query(hollow(rows[0].source, 9));
		const failing = apply(plan);
		await expect(failing).rejects.toMatchObject({
			outcome: 'failed',
			message: expect.stringMatching(
				/^Rolled back: after rollup_task_usage_hourly_window \d buckets? still differed from raw/,
			),
		});
		await client.query(rows[0].source);
		expect(await wrong()).toEqual(before);
		expect((await client.query('select from task_usage_hourly_dirty')).rowCount).toBe(0);
	});

	/** Many rows on one day with nothing raw behind them: minutes of the function's, a moment of ours. */
	const haunt = () =>
		client.query(
			`insert into task_usage_hourly (bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model,
				input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, event_count, task_count)
			select $1::timestamptz + n % 24 * interval '1 hour', '${thing('workspace', 1)}', '${thing('runtime', 1)}',
				'${thing('agent', 1)}', null, 'claude', 'ghost ' || n, 1, 1, 1, 1, 1, 1
			from generate_series(1, 3100) n`,
			[new Date(today - 5 * day)],
		);

	onField(
		'a plan that is cut for the direct engine is not carried out by the function',
		async () => {
			await haunt();
			const name = 'rollup_task_usage_hourly_window';
			const { rows } = await client.query(
				`select pg_get_functiondef('${name}'::regproc) as source`,
			);
			const plan = await look('bucket', 'direct');
			expect(plan.slices.filter(({ rows: weight }) => weight > 0)).toHaveLength(1);
			await client.query(
				rows[0].source.replace('sum(u.input_tokens)::bigint', 'sum(u.input_tokens)::bigint + 1'),
			);
			const refusal = apply(plan);
			await expect(refusal).rejects.toMatchObject({
				outcome: 'refused',
				message: expect.stringMatching(
					/^Nothing was done: .* Look at it again with --engine function\.$/,
				),
			});
			await client.query(rows[0].source);
			expect((await wrong()).effect.kinds.ghost).toBe(3100);
			const slow = await look('bucket', 'function');
			expect(slow.slices.filter(({ rows: weight }) => weight > 0)).toHaveLength(24);
		},
	);

	test('where the direct engine must not be used the plan is made for the function', async () => {
		await client.query('alter table task_usage_hourly add column input_cost numeric');
		const plan = await look('bucket', 'direct');
		await client.query('alter table task_usage_hourly drop column input_cost');
		expect(plan.wish.engine).toBe('function');
		expect(plan.notes).toEqual([
			"not by direct engine: task_usage_hourly has columns that tidemark doesn't know: input_cost",
		]);
	});

	test('by update it does what a window call does, queue and all', async () => {
		await client.query(`update task_usage set input_tokens = input_tokens + 11, updated_at = now() - interval '30 hours'
			where id = any (array(select id from task_usage order by created_at limit 5))`);
		const span = { fromMs: Date.now() - 40 * hour, toMs: Date.now() - 20 * hour };
		await client.query(`update task_usage_hourly_rollup_state set watermark_at = now()`);
		const plan = await look('update', 'function', span);
		expect(totalOf(plan.effect.groups)).toMatchObject({ inserted: 0, changed: 5, deleted: 0 });
		expect(
			Number(totalOf(plan.effect.groups).tokensAfter) -
				Number(totalOf(plan.effect.groups).tokensBefore),
		).toBe(55);
		expect(plan.slices.length).toBeGreaterThan(1);
		await client.query('begin');
		await client.query('select rollup_task_usage_hourly_window($1, $2)', [
			new Date(span.fromMs),
			new Date(span.toMs),
		]);
		const theirs = await client.query(
			'select *, null as updated_at from task_usage_hourly order by 1, 2, 3, 4, 5, 6, 7',
		);
		await client.query('rollback');
		const { receipt } = await apply(plan);
		expect(receipt.note).toMatch(
			kind === 'own'
				? /; as rollup_task_usage_hourly_window made them, not compared again; tidemark verify does$/
				: /; every one compared with raw before it was committed$/,
		);
		const ours = await client.query(
			'select *, null as updated_at from task_usage_hourly order by 1, 2, 3, 4, 5, 6, 7',
		);
		expect(ours.rows).toEqual(theirs.rows);
	});

	onField('by update it finds no ghosts: nothing that changed leads to them', async () => {
		await spoil();
		const span = { fromMs: today - 20 * day, toMs: Date.now() };
		await apply(await look('update', 'function', span));
		expect((await wrong()).effect.kinds).toEqual({ pending: 0, drift: 0, ghost: 2 });
	});

	test('by update it ends where usage is settled, and consumes the queue up to there', async () => {
		await client.query(
			`insert into task_usage_hourly_dirty (bucket_hour, workspace_id, runtime_id, agent_id, provider, model, enqueued_at)
			select bucket_hour, workspace_id, runtime_id, agent_id, provider, model, now() - interval '1 hour'
			from task_usage_hourly where project_id is null order by bucket_hour limit 3`,
		);
		const span = { fromMs: Date.now() - 2 * hour, toMs: Date.now() + hour };
		const plan = await look('update', 'function', span);
		expect(plan.notes[0]).toContain('what is younger is the next tick');
		expect(plan.wish.span.toMs).toBeLessThanOrEqual(Date.now() - 299_000);
		await apply(plan);
		expect((await client.query('select from task_usage_hourly_dirty')).rowCount).toBe(0);
	});

	test('what waits for a tick counts as pending, and is replayed all the same', async () => {
		await client.query(
			`update task_usage_hourly_rollup_state set watermark_at = now() - interval '3 days'`,
		);
		await client.query(
			`delete from task_usage_hourly where bucket_hour > now() - interval '66 hours'`,
		);
		const plan = await look();
		expect(plan.effect.kinds).toMatchObject({ drift: 0, ghost: 0 });
		expect(plan.effect.kinds.pending).toBeGreaterThan(0);
		await apply(plan);
		expect((await look()).effect.kinds.pending).toBe(0);
	});

	test('a span without an end after its beginning is refused', async () => {
		await expect(look('bucket', 'function', { fromMs: today, toMs: today })).rejects.toMatchObject({
			outcome: 'refused',
		});
	});
});
