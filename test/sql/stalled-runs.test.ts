import type pg from 'pg';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { sample } from './catalog.ts';
import { pipelines, pipelineTables } from './pipeline-tables.ts';

const database = useDatabase({ template: 'empty' });
let client: pg.Client;

beforeAll(async () => {
	client = await database.client();
	await client.query(`
		create table task_usage (created_at timestamptz);
		create table sys_cron_executions (job_name text, plan_time timestamptz, status text, started_at timestamptz, rows_affected bigint);
		create schema cron;
		create table cron.job_run_details (runid bigint generated always as identity, database text, command text, status text, start_time timestamptz);
		create table tidemark_rollup_runs (id bigint generated always as identity, pipeline text, outcome text, started_at timestamptz,
			window_from timestamptz, window_to timestamptz, rows_touched bigint);
		${pipelines.map(pipelineTables).join(';')}`);
});

/** How a run ended: it worked, did nothing, failed, or is under way. */
type End = 'moved' | 'nothing' | 'failed' | 'running';

const ticks = {
	hourly: 'rollup_task_usage_hourly',
	daily: 'rollup_task_usage_daily',
	dashboard: 'rollup_task_usage_dashboard_daily',
} as const;

/** Writes down that a tick began `minutes` ago, as each of those who keep a record would. */
const notes = {
	async scheduler(name: keyof typeof ticks, minutes: number, end: End) {
		const status = { moved: 'SUCCESS', nothing: 'SUCCESS', failed: 'FAILED', running: 'RUNNING' };
		await client.query(
			`insert into sys_cron_executions select $1, at, $2, at, $3 from (select now() - interval '1 minute' * $4::int) as t (at)`,
			[
				ticks[name],
				status[end],
				{ moved: 12, nothing: 0, failed: null, running: null }[end],
				minutes,
			],
		);
	},
	async cron(name: keyof typeof ticks, minutes: number, end: End) {
		const status = {
			moved: 'succeeded',
			nothing: 'succeeded',
			failed: 'failed',
			running: 'running',
		};
		await client.query(
			`insert into cron.job_run_details (database, command, status, start_time)
			values (current_database(), $1, $2, now() - interval '1 minute' * $3::int)`,
			[`call ${ticks[name]}_tick()`, status[end], minutes],
		);
	},
	async log(name: keyof typeof ticks, minutes: number, end: End) {
		const outcome = { moved: 'ok', nothing: 'busy', failed: 'failed', running: 'running' };
		await client.query(
			`insert into tidemark_rollup_runs (pipeline, outcome, started_at, window_from, window_to, rows_touched)
			select $1, $2, at, case when $2 = 'ok' then at - interval '6 minutes' end, case when $2 = 'ok' then at - interval '5 minutes' end,
				case when $2 = 'ok' then 12 end from (select now() - interval '1 minute' * $3::int) as t (at)`,
			[name, outcome[end], minutes],
		);
	},
};

/** Each variant of the sampler with who writes what it reads. */
const variants = [
	{ variant: '', note: notes.scheduler },
	{ variant: 'cron', note: notes.cron },
	{ variant: 'cron-and-scheduler', note: notes.scheduler },
	{ variant: 'cron-and-scheduler', note: notes.cron },
	{ variant: 'log', note: notes.log },
] as const;

/** The watermark stood still `watermark` minutes ago, which a tick last moved then; usage came since, and before. */
async function stand(state: string, watermark: number, usage: readonly number[]): Promise<void> {
	await client.query(
		`update ${state} set watermark_at = now() - interval '1 minute' * $1::int - interval '5 minutes',
			last_run_finished_at = now() - interval '1 minute' * $1::int`,
		[watermark],
	);
	await client.query(
		`insert into task_usage select now() - interval '1 minute' * m from unnest($1::int[]) as m`,
		[usage],
	);
}

beforeEach(async () => {
	await client.query(
		`truncate task_usage, sys_cron_executions, cron.job_run_details, tidemark_rollup_runs`,
	);
});

describe.each(variants)('$variant $note.name', ({ variant, note }) => {
	describe.each(pipelines)('$name', ({ name, state }) => {
		const counts = async () => (await sample(client, `rollup/${name}-runs`, variant))[0];
		const stalled = async () => (await counts())?.stalled_runs;

		test('the latest successes that left newer usage alone, up to the one before that worked', async () => {
			await stand(state, 60, [90, 58, 3]);
			await note(name, 61, 'moved');
			// Too young a tick to have seen what came 58 minutes ago.
			await note(name, 54, 'nothing');
			for (const minutes of [50, 40, 30]) await note(name, minutes, 'nothing');
			await note(name, 1, 'running');
			expect(await stalled()).toBe(3);
			await note(name, 0, 'failed');
			expect(await stalled()).toBe(0);
		});

		test('the latest that failed, up to the one before that did not, whatever that did', async () => {
			await stand(state, 60, [58]);
			await note(name, 50, 'failed');
			await note(name, 40, 'nothing');
			expect(await counts()).toMatchObject({ failed_runs: 0 });
			for (const minutes of [30, 20]) await note(name, minutes, 'failed');
			await note(name, 1, 'running');
			expect(await counts()).toMatchObject({ failed_runs: 2 });
		});
	});

	const runs = () => sample(client, 'rollup/hourly-runs', variant);

	test('none where nothing newer waits, however often it did nothing', async () => {
		await stand('task_usage_hourly_rollup_state', 1, [90]);
		for (const minutes of [40, 30, 20]) await note('hourly', minutes, 'nothing');
		expect(await runs()).toMatchObject([{ pipeline: 'hourly', stalled_runs: 0 }]);
	});

	test('none of a pipeline that catches up in steps, each of them stamped', async () => {
		await stand('task_usage_hourly_rollup_state', 2000, [1500]);
		await client.query('update task_usage_hourly_rollup_state set last_run_finished_at = now()');
		for (const minutes of [3, 2, 1]) await note('hourly', minutes, 'moved');
		expect(await runs()).toMatchObject([{ pipeline: 'hourly', stalled_runs: 0 }]);
	});

	test('twenty at most, and nothing where there is no record of this pipeline', async () => {
		await stand('task_usage_hourly_rollup_state', 900, [800]);
		await note('daily', 30, 'nothing');
		expect(await runs()).toEqual([]);
		for (let minutes = 30; minutes > 0; minutes--) await note('hourly', minutes, 'nothing');
		expect(await runs()).toMatchObject([{ pipeline: 'hourly', stalled_runs: 20 }]);
	});
});

test('of scheduler and pg_cron the one that ticked last tells', async () => {
	await stand('task_usage_hourly_rollup_state', 600, [500]);
	for (const minutes of [400, 390, 380]) await notes.scheduler('hourly', minutes, 'nothing');
	await notes.cron('hourly', 10, 'nothing');
	expect(await sample(client, 'rollup/hourly-runs', 'cron-and-scheduler')).toMatchObject([
		{ stalled_runs: 1 },
	]);
});

test.each(['cron', 'cron-and-scheduler'])(
	'%s: a run that could not connect has no time, and its place all the same',
	async (variant) => {
		await stand('task_usage_hourly_rollup_state', 60, [58]);
		await notes.cron('hourly', 20, 'failed');
		await notes.cron('hourly', 10, 'failed');
		await client.query('update cron.job_run_details set start_time = null');
		const counts = () => sample(client, 'rollup/hourly-runs', variant);
		expect(await counts()).toMatchObject([{ failed_runs: 2 }]);
		await notes.cron('hourly', 5, 'nothing');
		expect(await counts()).toMatchObject([{ stalled_runs: 1, failed_runs: 0 }]);
	},
);

test('a tick that had the lock and could not move for an open writer is stalled too, by the log', async () => {
	await stand('task_usage_hourly_rollup_state', 60, [58]);
	await client.query(`insert into tidemark_rollup_runs (pipeline, outcome, started_at, window_from, window_to, rows_touched)
		select 'hourly', 'idle', now() - interval '10 minutes', at, at, 0 from (select now() - interval '65 minutes') as t (at)`);
	expect(await sample(client, 'rollup/hourly-runs', 'log')).toMatchObject([{ stalled_runs: 1 }]);
});
