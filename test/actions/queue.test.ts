import type { Client } from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { planPrune, runPrune, whyNoPrune } from '../../source/actions/prune.ts';
import { runReplay } from '../../source/actions/replay.ts';
import { planReplay } from '../../source/actions/replay-plan.ts';
import { planTick, runTick, whyNoTick } from '../../source/actions/tick.ts';
import { useDatabase } from '../support/database.ts';
import { createField } from './field.ts';
import { type Stage, setStage, until } from './stage.ts';
import { seedWorld, thing } from './world.ts';

const day = 86_400_000;
const options = { statementTimeoutMs: 60_000 };

const useWorld = (kind: 'own' | 'field') => {
	const database = useDatabase({ template: kind === 'own' ? 'migrated' : 'empty' });
	const world = {} as { client: Client; stage: Stage; database: typeof database };
	beforeAll(async () => {
		world.database = database;
		world.client = await database.client();
		if (kind === 'field') await createField(world.client, database.url);
		await seedWorld(world.client, { from: '12 days', to: '2 hours', tasks: 100, usage: 300 });
	});
	beforeEach(async () => {
		world.stage = setStage(database.url);
		await world.client.query('truncate task_usage_hourly, task_usage_hourly_dirty');
		await world.client.query(
			`select rollup_task_usage_hourly_window('-infinity', now() - interval '5 minutes')`,
		);
		await world.client.query(
			`update task_usage_hourly_rollup_state set watermark_at = now() - interval '10 minutes'`,
		);
	});
	afterEach(() => world.stage.remove());
	return world;
};

/** Queues some buckets as of `age` ago; the first `wrong` of them are made wrong as well. */
async function enqueue(client: Client, age: string, count: number, wrong: number): Promise<void> {
	await client.query(
		`insert into task_usage_hourly_dirty (bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model, enqueued_at)
		select bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model, now() - $1::interval
		from task_usage_hourly order by 1, 2, 3, 4, 5, 6, 7 limit $2`,
		[age, count],
	);
	await client.query(
		`update task_usage_hourly set event_count = 99
		where ctid = any (array(select ctid from task_usage_hourly order by bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model limit $1))`,
		[wrong],
	);
}

const queued = async (client: Client): Promise<number> =>
	(await client.query('select from task_usage_hourly_dirty')).rowCount ?? 0;

const wrongRows = async (client: Client): Promise<number> =>
	(await client.query('select from task_usage_hourly where event_count = 99')).rowCount ?? 0;

describe('prune where the function forgets', () => {
	const world = useWorld('field');
	const prune = () =>
		world.stage.at('prune', 'hourly', async (place) =>
			runPrune(world.stage.context, place, await planPrune(place, 7 * day), options),
		);

	test('is refused while something would be lost for good, and offers the replay that consumes it', async () => {
		const { client, stage } = world;
		await enqueue(client, '8 days', 5, 2);
		const { plan, reason } = await stage.at('prune', 'hourly', async (place) => {
			const found = await planPrune(place, 7 * day);
			return { plan: found, reason: whyNoPrune(place, found) };
		});
		expect(plan).toMatchObject({ rows: 5, lostBuckets: 2, isConsuming: false });
		// Asked again a moment later, the sentence may name the next minute.
		await expect(prune()).rejects.toMatchObject({
			outcome: 'refused',
			message: expect.stringMatching(/^Refused: of 5 invalidations .* replay --pipeline hourly /),
		});
		expect(await queued(client)).toBe(5);

		const offered = /tidemark replay --pipeline hourly --by update --from (\S+) --to (\S+)$/.exec(
			reason ?? '',
		);
		const span = { fromMs: Date.parse(offered?.[1] ?? ''), toMs: Date.parse(offered?.[2] ?? '') };
		await stage.at('replay', 'hourly', async (place) => {
			const wish = { span, by: 'update', engine: 'function' } as const;
			return runReplay(stage.context, place, await planReplay(place, wish), {
				...options,
				sleepMs: 0,
			});
		});
		expect(await wrongRows(client)).toBe(0);
		expect(await queued(client)).toBe(0);
	});

	test('goes on where every such bucket is right already', async () => {
		await enqueue(world.client, '8 days', 4, 0);
		await world.client.query(`insert into task_usage_hourly_dirty select bucket_hour - interval '1 hour', workspace_id,
			runtime_id, agent_id, project_id, provider, model, now() from task_usage_hourly_dirty limit 1`);
		const { receipt } = await prune();
		expect(receipt).toMatchObject({ action: 'prune', outcome: 'done', touched: 4 });
		expect(await queued(world.client)).toBe(1);
	});

	test('counts again under the lock', async () => {
		const { client, stage } = world;
		await enqueue(client, '8 days', 3, 0);
		await stage.at('prune', 'hourly', async (place) => {
			const plan = await planPrune(place, 7 * day);
			expect(plan.lostBuckets).toBe(0);
			await client.query('update task_usage_hourly set event_count = 99');
			await expect(runPrune(stage.context, place, plan, options)).rejects.toMatchObject({
				outcome: 'refused',
			});
		});
		expect(await queued(client)).toBe(3);
	});
});

describe('prune while invalidations arrive', () => {
	const world = useWorld('field');
	/** The prune function stands still before it deletes; until then `work` is done. */
	async function meanwhile(work: () => Promise<unknown>) {
		const { client, stage, database } = world;
		const { rows } = await client.query(
			`select pg_get_functiondef('prune_task_usage_hourly_dirty'::regproc) as source`,
		);
		await client.query(
			rows[0].source.replace(/\bbegin\b/i, 'begin perform pg_advisory_xact_lock(78);'),
		);
		const other = await database.client();
		await other.query('begin; select pg_advisory_xact_lock(78)');
		const pruning = stage.at('prune', 'hourly', async (place) =>
			runPrune(stage.context, place, await planPrune(place, 0), options),
		);
		pruning.catch(() => {});
		await until(
			client,
			`select exists (select from pg_stat_activity where application_name = 'tidemark-action' and wait_event_type = 'Lock' and datname = current_database())`,
		);
		await work();
		await other.query('rollback');
		const { receipt } = await pruning;
		await client.query(rows[0].source);
		return receipt;
	}

	test('one that was not counted is not pruned', async () => {
		const { client } = world;
		await enqueue(client, '1 hour', 2, 0);
		const receipt = await meanwhile(() =>
			client.query(`insert into task_usage_hourly_dirty select bucket_hour, workspace_id,
				runtime_id, agent_id, project_id, provider, 'new', now() - interval '1 hour' from task_usage_hourly_dirty limit 1`),
		);
		expect(receipt).toMatchObject({ outcome: 'done', touched: 2 });
		expect((await client.query('select model from task_usage_hourly_dirty')).rows).toEqual([
			{ model: 'new' },
		]);
	});

	test('one that was counted and has changed is counted again', async () => {
		const { client } = world;
		await enqueue(client, '1 hour', 2, 0);
		const receipt = await meanwhile(() =>
			client.query(`update task_usage_hourly_dirty set enqueued_at = now() + interval '1 hour'
				where ctid = any (array(select ctid from task_usage_hourly_dirty limit 1))`),
		);
		expect(receipt).toMatchObject({ outcome: 'done', touched: 1 });
		expect(await queued(client)).toBe(1);
	});
});

describe('prune where the function consumes', () => {
	const world = useWorld('own');
	test('loses nothing', async () => {
		await enqueue(world.client, '8 days', 5, 2);
		const { receipt } = await world.stage.at('prune', 'hourly', async (place) =>
			runPrune(world.stage.context, place, await planPrune(place, 7 * day), options),
		);
		expect(receipt.note).toContain('consumed');
		expect(await wrongRows(world.client)).toBe(0);
		expect(await queued(world.client)).toBe(0);
	});
});

describe.each(['own', 'field'] as const)('tick on the pipelines of %s', (kind) => {
	const world = useWorld(kind);
	const tick = () =>
		world.stage.at('tick', 'hourly', (place) => runTick(world.stage.context, place, options));

	test('moves the watermark, consumes the queue, and leaves a receipt and no lock', async () => {
		const { client, stage } = world;
		await enqueue(client, '20 minutes', 3, 1);
		const { receipt, watermarkBeforeMs, watermarkAfterMs } = await tick();
		expect(watermarkAfterMs).toBeGreaterThan(watermarkBeforeMs);
		expect(Date.now() - watermarkAfterMs).toBeLessThan(330_000);
		expect(await wrongRows(client)).toBe(0);
		expect(stage.receipts()).toEqual([receipt]);
		expect(receipt).toMatchObject({
			who: { role: expect.any(String) },
			where: expect.stringContaining('@'),
		});
		const { rows } = await client.query(
			`select count(*)::int as n from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
		);
		expect(rows[0].n).toBe(0);
	});

	test('that fails changes nothing, says what the server said, and leaves a receipt', async () => {
		const { client, stage } = world;
		const before = await client.query('select * from task_usage_hourly_rollup_state');
		// Two rows of one bucket whose sum no bigint can hold.
		await client.query(`with task as (
				insert into agent_task_queue (agent_id, runtime_id, status)
				select '${thing('agent', 1)}', '${thing('runtime', 1)}', 'completed' from generate_series(1, 2)
				returning id
			)
			insert into task_usage (task_id, provider, model, input_tokens, created_at, updated_at)
			select id, 'absurd', 'x', 9223372036854775807, now() - interval '7 minutes', now() - interval '7 minutes'
			from task`);
		await expect(tick()).rejects.toThrow('It failed and was rolled back: bigint out of range.');
		await client.query(`delete from task_usage where provider = 'absurd'`);
		expect((await client.query('select * from task_usage_hourly_rollup_state')).rows).toEqual(
			before.rows,
		);
		expect(stage.receipts()).toMatchObject([{ action: 'tick', outcome: 'failed' }]);
	});

	test('the plan says what it will read', async () => {
		await world.client.query(
			`update task_usage_hourly_rollup_state set watermark_at = now() - interval '5 days'`,
		);
		const plan = await world.stage.at('tick', 'hourly', (place) => planTick(place));
		expect(plan.usageRows).toBeGreaterThan(10);
		expect(plan.reachMs - plan.extent.watermarkMs).toBeGreaterThanOrEqual(day);
		expect(plan.lostBuckets).toBe(0);
	});
});

describe('a tick whose own prune would lose invalidations', () => {
	const world = useWorld('field');
	test('is refused, with the command that consumes them first', async () => {
		const { client, stage } = world;
		await client.query(
			`update task_usage_hourly_rollup_state set watermark_at = now() - interval '11 days'`,
		);
		await enqueue(client, '8 days', 5, 5);
		await stage.at('tick', 'hourly', async (place) => {
			const plan = await planTick(place);
			expect(plan.lostBuckets).toBe(5);
			expect(whyNoTick(place, plan)).toMatch(
				/would stay wrong for good. First consume the queue: tidemark replay/,
			);
			await expect(runTick(stage.context, place, options)).rejects.toMatchObject({
				outcome: 'refused',
			});
		});
		expect(await queued(client)).toBe(5);
		// And so it is: the product's tick loses all of them.
		await client.query('select rollup_task_usage_hourly()');
		expect(await queued(client)).toBe(0);
		expect(await wrongRows(client)).toBe(5);
	});
});
