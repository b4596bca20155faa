import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ColumnType, Sampler } from '../../source/catalog/sampler.ts';
import { useDatabase } from '../support/database.ts';
import { catalog, lists } from './catalog.ts';
import { pipelines, pipelineTables } from './pipeline-tables.ts';

const database = useDatabase();
const role = `tidemark_needs_${randomBytes(4).toString('hex')}`;
const password = randomBytes(12).toString('hex');
let client: pg.Client;
let needy: pg.Client;

/** Every table and column that any file needs, at once. */
beforeAll(async () => {
	client = await database.client();
	for (const pipeline of pipelines) {
		const { rows } = await client.query('select to_regclass($1) as found', [pipeline.state]);
		if (rows[0].found === null) await client.query(pipelineTables(pipeline));
	}
	await client.query('alter table runs add column worker_id text');
	// The log of pg_cron, which this server has not.
	await client.query(`create schema cron; create table cron.job_run_details (runid bigint, jobid bigint,
		database text, command text, status text, return_message text, start_time timestamptz, end_time timestamptz)`);
	await client.query(`create role ${role} login password '${password}'`);
	needy = await database.client({ user: role, password });
});
afterAll(async () => {
	await needy.end();
	await client.query(`drop owned by ${role}; drop role ${role}`);
});

const typeOids: Readonly<Record<ColumnType, readonly number[]>> = {
	text: [25],
	integer: [20, 23],
	number: [701],
	boolean: [16],
	date: [1082],
	timestamp: [1184],
};

/** Nothing in particular for each parameter of a query; a sampler has none. */
const valuesOf = ({ parameters }: Sampler): null[] | undefined =>
	parameters.length === 0 ? undefined : parameters.map(() => null);

test('every file can be read', () => {
	expect([...catalog.faults, ...lists.faults]).toEqual([]);
});

describe.each(
	[...catalog.samplers, ...lists.samplers].map(
		(each) => [each.file.replace(/^.*sql.(samplers.)?/, ''), each] as const,
	),
)('%s', (_, sampler) => {
	test('returns what its header promises, no more and no less', async () => {
		const { fields, rows } = await client.query(sampler.sql, valuesOf(sampler));
		expect(fields.map((field) => field.name)).toEqual(sampler.columns.map((each) => each.name));
		for (const [at, column] of sampler.columns.entries()) {
			expect(typeOids[column.type], column.name).toContain(fields[at]?.dataTypeID);
		}
		expect(rows.length).toBeLessThanOrEqual(sampler.maxRows);
	});

	test('is bounded, and says why it is written as it is', () => {
		expect(sampler.why.length).toBeGreaterThan(20);
		// Where rows come in groups there are 100 at most.
		const outer = sampler.sql.replace(/^\s.*$/gm, '');
		if (/^(group by|order by)/m.test(outer) && sampler.id !== 'multica/active') {
			expect(sampler.sql).toMatch(/\n\t?limit 100$/m);
		}
	});

	test('reads nothing but what it says it needs', async () => {
		for (const need of sampler.needs) {
			if (need.kind !== 'table') continue;
			const [schema] = need.table.split('.');
			if (schema !== need.table) await client.query(`grant usage on schema ${schema} to ${role}`);
			await client.query(`grant select (${need.columns.join(', ')}) on ${need.table} to ${role}`);
		}
		await needy.query(sampler.sql, valuesOf(sampler));
		await client.query(`drop owned by ${role}`);
	});
});

test('the metrics of the contract, and ours, are all there', () => {
	const names = new Set(catalog.samplers.flatMap((each) => each.metrics.map((it) => it.name)));
	expect([...names].sort()).toEqual([
		'multica_active_users',
		'multica_active_workspaces',
		'multica_agent_task_queued',
		'multica_agent_task_running',
		'multica_agent_task_stuck_total',
		'multica_runtime_heartbeat_age_seconds',
		'multica_runtime_online',
		'multica_workspace_total',
		'tidemark_database_connections',
		'tidemark_database_max_connections',
		'tidemark_database_oldest_transaction_seconds',
		'tidemark_database_replay_lag_seconds',
		'tidemark_lease_oldest_expired_seconds',
		'tidemark_rollup_data_lag_seconds',
		'tidemark_rollup_dirty_oldest_seconds',
		'tidemark_rollup_dirty_rows',
		'tidemark_rollup_lock_held_seconds',
		'tidemark_rollup_lock_holder_idle_seconds',
		'tidemark_rollup_run_age_seconds',
		'tidemark_rollup_stalled_runs',
		'tidemark_rollup_watermark_timestamp_seconds',
		'tidemark_task_dispatched_late',
		'tidemark_task_dispatched_oldest_seconds',
		'tidemark_task_longest_silence_seconds',
		'tidemark_task_oldest_ready_seconds',
		'tidemark_task_orphaned',
		'xyn_blueprint_duration_seconds',
		'xyn_blueprint_run_count',
		'xyn_queue_depth',
		'xyn_queue_future_depth',
		'xyn_queue_oldest_ready_seconds',
		'xyn_queue_ready_depth',
		'xyn_running_with_active_lease',
		'xyn_running_with_expired_lease',
		'xyn_workers_alive',
	]);
});

test('a metric fed by several files is the same metric in each', () => {
	const metrics = catalog.samplers.flatMap((each) => each.metrics);
	for (const metric of metrics) {
		const first = metrics.find((each) => each.name === metric.name);
		expect(metric).toEqual(first);
	}
});
