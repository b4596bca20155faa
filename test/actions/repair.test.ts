import type { Client } from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type PipelineName, pipelineNames, pipelines } from '../../source/actions/pipelines.ts';
import { planRepair, runRepair } from '../../source/actions/repair.ts';
import { verifySpan } from '../../source/actions/verify.ts';
import { useDatabase } from '../support/database.ts';
import { createField } from './field.ts';
import { hollow, type Stage, setStage, until } from './stage.ts';
import { seedWorld, thing } from './world.ts';

const day = 86_400_000;
const today = Math.floor(Date.now() / day) * day;
const span = { fromMs: today - 20 * day, toMs: today + 2 * day };
const options = { statementTimeoutMs: 60_000 };

describe.each(['own', 'field'])('on the pipelines of %s', (kind) => {
	const database = useDatabase({ template: kind === 'own' ? 'migrated' : 'empty' });
	let client: Client;
	let stage: Stage;
	beforeAll(async () => {
		client = await database.client();
		if (kind === 'field') await createField(client, database.url);
		// Usage on each day up to yesterday or the day before, whatever the time.
		await seedWorld(client, { from: '12 days', to: '30 hours', tasks: 200, usage: 600 });
	});
	beforeEach(async () => {
		stage = setStage(database.url);
		await level('hourly');
	});
	afterEach(() => stage.remove());

	/** A rollup as raw says, with nothing queued. */
	async function level(name: PipelineName): Promise<void> {
		const { table, dirty, state, windowFunction } = pipelines[name];
		await client.query(`truncate ${table}, ${dirty}`);
		await client.query(`select ${windowFunction}('-infinity', now() - interval '5 minutes')`);
		await client.query(`update ${state} set watermark_at = now() - interval '6 minutes'`);
	}

	const verify = (name: PipelineName) =>
		stage.at('verify', name, (place) => verifySpan(place.session, place.shape, span));
	const repair = (name: PipelineName) =>
		stage.at('repair', name, async (place) =>
			runRepair(stage.context, place, await planRepair(place, span), options),
		);

	/** Two rows that say something else than raw, and two with nothing behind them. */
	async function spoil(name: PipelineName): Promise<void> {
		const { table, bucket, keys, measures } = pipelines[name];
		await client.query(
			`update ${table} set output_tokens = output_tokens * 3
			where ctid = any (array(select ctid from ${table} order by ${bucket} limit 2))`,
		);
		const ghost: Readonly<Record<string, string>> = {
			workspace_id: `'${thing('workspace', 2)}'`,
			runtime_id: `'${thing('runtime', 2)}'`,
			agent_id: `'${thing('agent', 2)}'`,
			project_id: 'null',
			provider: `'codex'`,
			model: `'a ghost'`,
		};
		await client.query(
			`insert into ${table} (${bucket}, ${keys.join(', ')}, ${measures.join(', ')})
			select date_trunc('day', now()) - n * interval '3 days', ${keys.map((key) => ghost[key]).join(', ')},
				${measures.map(() => '9').join(', ')} from generate_series(1, 2) n`,
		);
	}

	test.each(pipelineNames)(
		'%s: each wrong bucket is found for what it is, and repaired',
		async (name) => {
			await level(name);
			expect((await verify(name)).effect.kinds).toEqual({ pending: 0, drift: 0, ghost: 0 });
			await spoil(name);
			const found = await verify(name);
			expect(found.effect.kinds).toEqual({ pending: 0, drift: 2, ghost: 2 });
			expect(found.effect.samples.map((sample) => sample.kind).sort()).toEqual([
				'drift',
				'drift',
				'ghost',
				'ghost',
			]);
			const { verification, receipt } = await repair(name);
			expect(verification.effect.kinds).toEqual({ pending: 0, drift: 0, ghost: 0 });
			expect(verification.provenFromMs).toBe(span.fromMs);
			expect(receipt).toMatchObject({ outcome: 'done', touched: 4 });
			expect(receipt.note).toMatch(
				/verified again, [\d,]+ buckets: 0 drifted, 0 ghosts, 0 pending/,
			);
			expect((await client.query(`select from ${pipelines[name].dirty}`)).rowCount).toBe(0);
		},
	);

	test('what moved since the plan ends it before anything is done', async () => {
		await spoil('hourly');
		const late = stage.at('repair', 'hourly', async (place) => {
			const plan = await planRepair(place, span);
			await client.query('update task_usage_hourly set output_tokens = output_tokens + 1');
			return runRepair(stage.context, place, plan, options);
		});
		await expect(late).rejects.toMatchObject({
			outcome: 'refused',
			message: expect.stringMatching(/^The plan no longer holds, nothing was done: \d{4}-/),
		});
		expect((await verify('hourly')).effect.kinds.ghost).toBe(2);
		expect((await client.query('select from task_usage_hourly_dirty')).rowCount).toBe(0);
	});

	const onField = kind === 'field' ? test : () => {};
	/** So many rows of one hour, or spread over a day, with nothing raw behind them. */
	const haunt = (ago: string, count: number, hours: number) =>
		client.query(
			`insert into task_usage_hourly (bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model,
				input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, event_count, task_count)
			select date_trunc('day', now(), 'UTC') - $1::interval + n % $2 * interval '1 hour', '${thing('workspace', 2)}',
				'${thing('runtime', 2)}', '${thing('agent', 2)}', null, 'codex', 'ghost ' || n, 1, 1, 1, 1, 1, 1
			from generate_series(1, $3) n`,
			[ago, hours, count],
		);

	onField('a day with too much for one hold of the lock is repaired hour by hour', async () => {
		await haunt('5 days', 3100, 24);
		const plan = await stage.at('repair', 'hourly', (place) => planRepair(place, span));
		expect(plan.slices.map(({ rows }) => rows)).toEqual(
			Array.from({ length: 24 }, (_, n) => (n >= 1 && n <= 4 ? 130 : 129)),
		);
		expect(plan.effect.kinds.ghost).toBe(3100);
	});

	onField('somebody who waits for the lock gets it before a slice that takes long', async () => {
		await haunt('6 days', 1, 1);
		// More than an hour can be cut into, as an hour can't.
		await haunt('5 days', 3100, 1);
		const other = await database.client();
		await other.query('begin; lock table task_usage_hourly in share mode');
		const repairing = repair('hourly');
		await stage.whenEvent(({ kind: event }) => event === 'slice-started');
		const waiter = await database.client({ application_name: 'delete-workspace' });
		const got = waiter.query('select pg_advisory_xact_lock(4246)');
		await until(
			client,
			`select exists (select from pg_locks where locktype = 'advisory' and objid = 4246 and not granted)`,
		);
		await other.query('rollback');
		await got;
		expect((await repairing).receipt.slices).toBe(2);
		expect(stage.events.find(({ kind: event }) => event === 'yielded')).toMatchObject({
			reason: { kind: 'waiter', user: { application: 'delete-workspace' } },
		});
	});

	onField('what was repaired stays, and is said to, where verifying it fails', async () => {
		await haunt('5 days', 1, 1);
		const stuck = `application_name = 'tidemark-action' and wait_event_type = 'Lock' and datname = current_database()`;
		const [writer, reader] = [await database.client(), await database.client()];
		await writer.query('begin; lock table task_usage_hourly in share mode');
		const repairing = repair('hourly');
		repairing.catch(() => {});
		await until(client, `select exists (select from pg_stat_activity where ${stuck})`);
		// Next in line for usage, and so before the verification.
		const locked = reader.query('begin; lock table task_usage in access exclusive mode');
		await until(
			client,
			`select exists (select from pg_locks where relation = 'task_usage'::regclass and not granted)`,
		);
		await writer.query('rollback');
		await locked;
		await until(
			client,
			`select count(pg_cancel_backend(pid)) > 0 from pg_stat_activity where ${stuck}`,
		);
		await expect(repairing).rejects.toMatchObject({
			outcome: 'failed',
			message:
				'Repaired, but not verified again: canceling statement due to user request; tidemark verify does.',
		});
		await reader.query('rollback');
		expect((await verify('hourly')).effect.kinds.ghost).toBe(0);
	});

	onField('it ticks once, in the last slice', async () => {
		const { rows } = await client.query(
			`select pg_get_functiondef('rollup_task_usage_hourly'::regproc) as source`,
		);
		await client.query('create table ticked (at timestamptz default clock_timestamp())');
		await client.query(
			rows[0].source.replace(/\bbegin\b/i, 'begin insert into ticked default values;'),
		);
		await spoil('hourly');
		const { receipt } = await repair('hourly');
		await client.query(rows[0].source);
		expect(receipt.slices).toBeGreaterThan(2);
		const { rowCount } = await client.query('select from ticked');
		await client.query('drop table ticked');
		expect(rowCount).toBe(1);
	});

	onField('a tick that would lose invalidations since it was planned is not made', async () => {
		await spoil('hourly');
		const { verification } = await stage.at('repair', 'hourly', async (place) => {
			const plan = await planRepair(place, span);
			expect(plan.whyNoTick).toBeUndefined();
			await client.query(
				`update task_usage_hourly_rollup_state set watermark_at = now() - interval '11 days'`,
			);
			await client.query(
				`insert into task_usage_hourly_dirty (bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model, enqueued_at)
				select bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model, now() - interval '8 days'
				from task_usage_hourly where bucket_hour > now() - interval '2 days' limit 1`,
			);
			await client.query(
				`update task_usage_hourly set event_count = 99 where bucket_hour = (select bucket_hour from task_usage_hourly_dirty)`,
			);
			return runRepair(stage.context, place, plan, options);
		});
		expect(verification.effect.kinds).toMatchObject({ ghost: 0 });
		expect((await client.query('select from task_usage_hourly_dirty')).rowCount).toBe(1);
	});

	onField('a tick that does not take the keys: they are taken out of the queue again', async () => {
		const { rows } = await client.query(
			`select pg_get_functiondef('rollup_task_usage_hourly'::regproc) as source`,
		);
		await spoil('hourly');
		await client.query(hollow(rows[0].source, 4));
		await expect(repair('hourly')).rejects.toMatchObject({
			outcome: 'failed',
			message: expect.stringMatching(
				/^Rolled back: rollup_task_usage_hourly left \d buckets? different from raw/,
			),
		});
		await client.query(rows[0].source);
		expect((await client.query('select from task_usage_hourly_dirty')).rowCount).toBe(0);
		// Those before the last slice need no tick.
		expect((await verify('hourly')).effect.kinds).toMatchObject({ drift: 0, ghost: 1 });
	});

	test('it ticks: the watermark moves', async () => {
		await spoil('hourly');
		const read = async () =>
			(await client.query('select watermark_at as at from task_usage_hourly_rollup_state')).rows[0]
				.at;
		const before = await read();
		await repair('hourly');
		expect((await read()).getTime()).toBeGreaterThan(before.getTime());
	});

	test('what waits is pending, and left alone', async () => {
		await client.query(`update task_usage_hourly set input_tokens = 0
			where ctid = any (array(select ctid from task_usage_hourly where project_id is null order by bucket_hour limit 3))`);
		await client.query(
			`insert into task_usage_hourly_dirty (bucket_hour, workspace_id, runtime_id, agent_id, provider, model)
			select bucket_hour, workspace_id, runtime_id, agent_id, provider, model from task_usage_hourly
			where input_tokens = 0 order by bucket_hour limit 2`,
		);
		expect((await verify('hourly')).effect.kinds).toEqual({ pending: 2, drift: 1, ghost: 0 });
		const { verification } = await repair('hourly');
		expect(verification.effect.kinds).toEqual({ pending: 2, drift: 0, ghost: 0 });
	});

	test('usage newer than the watermark is pending, queued or not', async () => {
		const task = thing('task', 1);
		await client.query(
			`insert into task_usage (task_id, provider, model, input_tokens) values ('${task}', 'claude', 'just now', 5)`,
		);
		await client.query('truncate task_usage_hourly_dirty');
		const { kinds } = (await verify('hourly')).effect;
		await client.query(`delete from task_usage where model = 'just now'`);
		expect(kinds).toEqual({ pending: 1, drift: 0, ghost: 0 });
	});

	test('a deleted issue is pending by its trigger, and gone after a tick', async () => {
		await client.query('begin');
		await client.query(`delete from issue where id = '${thing('issue', 2)}'`);
		await client.query('commit');
		const { kinds } = (await verify('hourly')).effect;
		expect(kinds).toMatchObject({ drift: 0, ghost: 0 });
		expect(kinds.pending).toBeGreaterThan(5);
		await client.query(
			`update task_usage_hourly_dirty set enqueued_at = now() - interval '6 minutes'`,
		);
		await client.query('select rollup_task_usage_hourly()');
		expect((await verify('hourly')).effect.kinds).toEqual({ pending: 0, drift: 0, ghost: 0 });
	});

	test('an issue moved to another project is pending on both sides', async () => {
		await client.query(
			`update issue set project_id = gen_random_uuid() where id = '${thing('issue', 3)}'`,
		);
		const { kinds, groups } = (await verify('hourly')).effect;
		expect(kinds).toMatchObject({ drift: 0, ghost: 0 });
		expect(groups.reduce((sum, group) => sum + group.inserted, 0)).toBeGreaterThan(0);
	});

	test('a watermark ahead of the clock: no tick, and repaired all the same', async () => {
		await spoil('hourly');
		await client.query(
			`update task_usage_hourly_rollup_state set watermark_at = now() + interval '2 hours'`,
		);
		const plan = await stage.at('repair', 'hourly', (place) => planRepair(place, span));
		expect(plan.whyNoTick).toContain('ahead');
		expect((await repair('hourly')).verification.effect.kinds).toEqual({
			pending: 0,
			drift: 0,
			ghost: 0,
		});
	});

	test.each(pipelineNames)(
		'%s: verifying tells to the bucket how far back all is proven',
		async (name) => {
			await level(name);
			await spoil(name);
			const ghost = today - 3 * day;
			const after = ghost + pipelines[name].bucketMs;
			expect((await verify(name)).provenFromMs).toBe(after);
			const ended = await stage.at('verify', name, (place) =>
				verifySpan(place.session, place.shape, { fromMs: ghost - day, toMs: after }),
			);
			expect(ended.provenFromMs).toBeUndefined();
		},
	);

	test('verifying writes nothing, not even where writing is allowed', async () => {
		await stage.at('verify', 'hourly', async (place) => {
			await verifySpan(place.session, place.shape, span);
			const [row] = await place.session.query<{ xid: string | null }>(
				'select pg_current_xact_id_if_assigned()::text as xid',
			);
			expect(row?.xid).toBeNull();
		});
	});
});
