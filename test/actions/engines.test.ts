import type { Client } from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { directEngine, type Engine, functionEngine } from '../../source/actions/engine.ts';
import { readFacts, shapeOf } from '../../source/actions/facts.ts';
import { type PipelineName, pipelineNames, pipelines } from '../../source/actions/pipelines.ts';
import type { Query } from '../../source/actions/session.ts';
import { compareEngines, earnEngine } from '../../source/actions/trust.ts';
import { underLock } from '../../source/actions/walk.ts';
import type { Workplace } from '../../source/actions/workplace.ts';
import { useDatabase } from '../support/database.ts';
import { fc } from '../support/properties.ts';
import { createField } from './field.ts';
import { type Stage, setStage } from './stage.ts';
import { seedWorld, thing } from './world.ts';

const day = 86_400_000;
const days = [1, 2, 3, 4, 5, 6].map((ago) => {
	const fromMs = Math.floor(Date.now() / day) * day - ago * day;
	return { fromMs, toMs: fromMs + day };
});

describe.each(['own', 'field'])('on the pipelines of %s', (kind) => {
	const database = useDatabase({ template: kind === 'own' ? 'migrated' : 'empty' });
	let client: Client;
	let query: Query;
	let stage: Stage;
	beforeAll(async () => {
		client = await database.client();
		query = async (sql, values) => (await client.query(sql, [...(values ?? [])])).rows;
		if (kind === 'field') await createField(client, database.url, { hasRuntimeZone: true });
		await seedWorld(client, { from: '8 days', to: '1 hour', tasks: 60, usage: 200 });
		if (kind === 'field')
			await client.query(
				`update agent_runtime set timezone = 'Asia/Kolkata' where id = '${thing('runtime', 1)}'`,
			);
	});
	async function rollUp(): Promise<void> {
		for (const { windowFunction } of Object.values(pipelines)) {
			await client.query(`select ${windowFunction}('-infinity', now() - interval '5 minutes')`);
		}
	}

	beforeEach(() => {
		stage = setStage(database.url);
	});
	afterEach(() => stage.remove());

	/** A change that somebody may make to what usage is counted under, or to usage. */
	const changes = fc.oneof(
		fc.tuple(
			fc.constantFrom(
				'insert',
				'touch',
				'delete-usage',
				'delete-task',
				'move-runtime',
				'move-issue',
			),
			fc.nat(59),
		),
		fc.tuple(fc.constantFrom('delete-issue', 'move-project'), fc.nat(5)),
	);

	async function change([what, n]: readonly [string, number], turn: number): Promise<void> {
		const task = thing('task', n + 1);
		const issue = thing('issue', n + 1);
		const statements: Readonly<Record<string, string>> = {
			insert: `insert into task_usage (task_id, provider, model, input_tokens, created_at, updated_at)
				select '${task}', 'gemini', 'turn ${turn}', ${turn}, now() - interval '1 day' * ${n % 7} - interval '10 minutes', now() - interval '10 minutes'
				where exists (select from agent_task_queue where id = '${task}')
				on conflict do nothing`,
			touch: `update task_usage set output_tokens = output_tokens + 1, updated_at = now() - interval '10 minutes' where task_id = '${task}'`,
			'delete-usage': `delete from task_usage where task_id = '${task}' and provider = 'claude'`,
			'delete-task': `delete from agent_task_queue where id = '${task}'`,
			'move-runtime': `update agent_task_queue set runtime_id = '${thing('runtime', 1 + (turn % 3))}' where id = '${task}'`,
			'move-issue': `update agent_task_queue set issue_id = (select id from issue order by id offset ${turn % 3} limit 1) where id = '${task}'`,
			'delete-issue': `delete from issue where id = '${issue}'`,
			'move-project': `update issue set project_id = '${thing('project', 1 + (turn % 2))}' where id = '${issue}'`,
		};
		await client.query(statements[what] ?? '');
	}

	/** What an engine makes of the time from the watermark to now, in a transaction that is taken back. */
	async function madeBy(engine: Engine, name: PipelineName, from: string): Promise<unknown[]> {
		const { table, dirty, bucket, keys } = pipelines[name];
		await client.query('begin');
		await engine.window(query, from, new Date(Date.now() - 1000).toISOString());
		const { rows } = await client.query(
			`select *, null as updated_at from ${table} order by ${bucket}, ${keys.join(', ')}`,
		);
		const { rowCount } = await client.query(
			`select from ${dirty} where enqueued_at < now() - interval '2 seconds'`,
		);
		await client.query('rollback');
		return [...rows, rowCount];
	}

	test('both engines make the same rows of any history', async () => {
		let turn = 0;
		// Ours recompute whole hours and days where much changed, and so mend what was wrong before.
		await rollUp();
		await fc.assert(
			fc.asyncProperty(fc.array(changes, { minLength: 1, maxLength: 6 }), async (history) => {
				for (const each of history) await change(each, ++turn);
				await client.query(
					`update task_usage_hourly_dirty set enqueued_at = enqueued_at - interval '10 minutes'`,
				);
				await client.query(
					`update task_usage_daily_dirty set enqueued_at = enqueued_at - interval '10 minutes'`,
				);
				await client.query(
					`update task_usage_dashboard_dirty set enqueued_at = enqueued_at - interval '10 minutes'`,
				);
				for (const name of pipelineNames) {
					const shape = shapeOf(await readFacts(query, pipelines[name]), pipelines[name]);
					const from = new Date(Date.now() - 15 * 60_000).toISOString();
					const theirs = await madeBy(functionEngine(shape), name, from);
					const ours = await madeBy(directEngine(shape), name, from);
					expect(ours).toEqual(theirs);
				}
				// Every second history is consumed, so that the next meets rows that are rolled up already.
				if (turn % 2 === 0) {
					for (const { windowFunction } of Object.values(pipelines)) {
						await client.query(
							`select ${windowFunction}('-infinity', now() - interval '5 minutes')`,
						);
					}
				}
			}),
			{ numRuns: 40 },
		);
	}, 60_000);

	const at = <T>(name: PipelineName, work: (place: Workplace) => Promise<T>): Promise<T> =>
		stage.at('backfill', name, (place) =>
			underLock({ ...stage.context, ...place }, () => work(place)),
		);

	test.each(pipelineNames)('%s: they agree on a sample, and leave no trace', async (name) => {
		const { table, dirty } = pipelines[name];
		const count = `select (select count(*) from ${table}) as rows, (select count(*) from ${dirty}) as queued,
			(select md5(string_agg(r::text, ';' order by r::text)) from ${table} r) as digest`;
		const before = await client.query(count);
		const trust = await at(name, (place) => compareEngines(place, days));
		expect(trust).toMatchObject({ kind: 'agree', buckets: expect.any(Number) });
		// How many there are is what the histories above have left.
		expect(trust.kind === 'agree' && trust.buckets).toBeGreaterThan(0);
		expect((await client.query(count)).rows).toEqual(before.rows);
	});

	test('a function that counts otherwise is found out, by column, and used', async () => {
		const { rows } = await client.query(
			`select pg_get_functiondef('rollup_task_usage_hourly_window'::regproc) as source`,
		);
		await client.query(
			rows[0].source.replace('rollup_task_usage_hourly_window', 'original_window'),
		);
		await client.query(
			`create or replace function rollup_task_usage_hourly_window(window_from timestamptz, window_to timestamptz) returns bigint
			language plpgsql as $$
			declare touched bigint := original_window(window_from, window_to);
			begin
				update task_usage_hourly set cache_read_tokens = cache_read_tokens + 1 where input_tokens % 2 = 0;
				return touched;
			end $$`.replaceAll(/window_(from|to)/g, kind === 'own' ? 'window_$1' : '$1_at'),
		);
		const engine = await at('hourly', (place) => earnEngine(place, 'direct', days, stage.context));
		await client.query(rows[0].source);
		expect(engine.name).toBe('function');
		expect(stage.events).toContainEqual({
			kind: 'note',
			text: expect.stringMatching(
				/^using rollup_task_usage_hourly_window: cache_read_tokens of bucket \d{4}-.* is \d+ by rollup_task_usage_hourly_window and \d+ by tidemark$/,
			),
		});
	});

	test('a table with columns nobody here knows is left to the function', async () => {
		await client.query('alter table task_usage_hourly add column input_cost numeric');
		const engine = await at('hourly', (place) => earnEngine(place, 'direct', days, stage.context));
		await client.query('alter table task_usage_hourly drop column input_cost');
		expect(engine.name).toBe('function');
		expect(stage.events).toContainEqual({
			kind: 'note',
			text: `using rollup_task_usage_hourly_window: task_usage_hourly has columns that tidemark doesn't know: input_cost`,
		});
	});

	test('nothing to compare earns no trust', async () => {
		const none = [{ fromMs: 0, toMs: day }];
		const engine = await at('hourly', (place) => earnEngine(place, 'direct', none, stage.context));
		expect(engine.name).toBe('function');
	});
});
