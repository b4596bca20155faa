import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { seedHistory } from '../../bench/samplers/history.ts';
import { useDatabase } from '../support/database.ts';
import { catalog, samplerOf } from './catalog.ts';
import { pipelines, pipelineTables } from './pipeline-tables.ts';
import { type Scan, scansOf } from './plan.ts';

// Cost must not grow with history: each way to a large table is pinned, with the rows it looks at.

const database = useDatabase();
let client: pg.Client;

beforeAll(async () => {
	client = await database.client();
	await seedHistory(client, {
		tasks: 100_000,
		usage: 40_000,
		messages: 100_000,
		issues: 150_000,
		runtimes: 2000,
		dirty: 0,
	});
	for (const pipeline of pipelines) {
		const { rows } = await client.query('select to_regclass($1) as found', [pipeline.state]);
		if (rows[0].found === null) await client.query(pipelineTables(pipeline));
	}
	// Runtimes that were retired long ago.
	await client.query(`insert into agent_runtime (workspace_id, name, last_seen_at)
		select workspace_id, name, now() - interval '1 year'
		from agent_runtime cross join generate_series(1, 30)`);
	await client.query('alter table runs add column worker_id text');
	await client.query('vacuum analyze agent_runtime');
}, 60_000);

/** Indexes that must be used, tables that may be read whole, and the rows looked at in one scan. */
type Pin = {
	readonly indexes: readonly string[];
	readonly whole?: readonly string[];
	readonly rows: number;
};

const task = (index: string) => `agent_task_queue ${index}`;
const queued = task(`(created_at) WHERE (status = 'queued'::text)`);
const running = task(`(started_at) WHERE (status = 'running'::text)`);
const dispatched = task(
	`(runtime_id, dispatched_at, id) WHERE ((status = 'dispatched'::text) AND (started_at IS NULL))`,
);
const finished = task(
	`(completed_at) WHERE (status = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text]))`,
);
const runtime = 'agent_runtime (id)';
const seen = 'agent_runtime (last_seen_at)';
const status = 'runs (status)';
const aDay = 5300;
const alive = 200;

const pins: Readonly<Record<string, Pin>> = {
	'database/server': { indexes: [], rows: 0 },
	'lease/blueprint-duration': { indexes: ['runs (queued_at)'], rows: aDay },
	'lease/blueprint-runs': { indexes: [status], rows: 25_000 },
	'lease/depth': { indexes: [status], rows: 5 * 5001 },
	'lease/ready': { indexes: [status], rows: alive },
	'lease/running': { indexes: [status], rows: alive },
	'lease/running.lease-owner': { indexes: [status], rows: alive },
	'lease/running.worker-id': { indexes: [status], rows: alive },
	'lease/workers': { indexes: [], whole: ['workers'], rows: 50 },
	'multica/active': {
		indexes: [
			queued,
			dispatched,
			running,
			finished,
			'issue (id)',
			'chat_message (chat_session_id, created_at)',
		],
		whole: ['chat_session'],
		rows: aDay,
	},
	// Looks at nothing, since there is chat here.
	'multica/active.tasks-only': {
		indexes: [queued, dispatched, running, finished, 'issue (id)'],
		rows: 0,
	},
	'multica/runtime-fleet': { indexes: [seen], rows: 2000 },
	'multica/runtime-heartbeat': { indexes: [seen], rows: 2000 },
	'multica/runtime-online': { indexes: [seen], rows: 2000 },
	'multica/task-dispatched': { indexes: [dispatched], rows: alive },
	'multica/task-flow': { indexes: [queued, dispatched, running, finished], rows: alive },
	'multica/task-orphaned': { indexes: [running, runtime], rows: alive },
	'multica/task-queued': { indexes: [queued], rows: alive },
	'multica/task-running': { indexes: [running, dispatched, runtime], rows: alive },
	'multica/task-stuck': { indexes: [running], rows: alive },
	'multica/workspace-total': { indexes: [], whole: ['workspace'], rows: 2000 },
	...Object.fromEntries(
		pipelines.flatMap(({ name, state, dirty }) => [
			[
				`rollup/${name}-state`,
				{
					indexes: [
						'task_usage (created_at) WHERE (updated_at IS NULL)',
						'task_usage (updated_at)',
					],
					whole: [state],
					rows: 1,
				},
			],
			[
				`rollup/${name}-state.created-only`,
				{ indexes: ['task_usage (created_at)'], whole: [state], rows: 1 },
			],
			[`rollup/${name}-dirty`, { indexes: [], whole: [dirty], rows: 20_001 }],
			[`rollup/${name}-lock`, { indexes: [], rows: 0 }],
		]),
	),
};

test('every file is pinned', () => {
	const names = catalog.samplers.map(({ id, variant }) => (variant ? `${id}.${variant}` : id));
	expect(Object.keys(pins).sort()).toEqual(names.sort());
});

describe.each(Object.entries(pins))('%s', (name, { indexes, whole = [], rows }) => {
	test('goes through its indexes', async () => {
		const [id = '', variant = ''] = name.split('.');
		const scans = await scansOf(client, samplerOf(id, variant).sql);
		// A sample reads the share of the table that it was told to.
		const isSmall = (scan: Scan) =>
			scan.kind === 'Sample Scan' ||
			whole.some((table) => scan.of === table || scan.of === `${table} (id)`);
		const used = scans.filter((scan) => scan.isIndex && !isSmall(scan)).map((scan) => scan.of);
		expect([...new Set(used)].sort()).toEqual(indexes.toSorted());
		expect(scans.filter((scan) => !scan.isIndex && !isSmall(scan))).toEqual([]);
		for (const scan of scans) expect(scan.rows, JSON.stringify(scan)).toBeLessThanOrEqual(rows);
	});
});

test('chat by time goes through an index on time as soon as there is one', async () => {
	await client.query('create index by_time on chat_message (created_at)');
	const scans = await scansOf(client, samplerOf('multica/active').sql);
	await client.query('drop index by_time');
	expect(scans.map((scan) => scan.of)).toContain('chat_message (created_at)');
});
