import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { seedHistory } from '../../bench/samplers/history.ts';
import type { Sampler } from '../../source/catalog/sampler.ts';
import { boundValues } from '../../source/sampling/question.ts';
import { useDatabase } from '../support/database.ts';
import { queries } from '../usage/query.ts';
import { catalog, lists, samplerOf } from './catalog.ts';
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
	// Days of ticks of each pipeline, by everybody who keeps a record.
	await client.query(`
		create temp table tick as
		select name, 'rollup_' || relation as job, now() - interval '1 minute' * n as at
		from generate_series(1, 5000) as n
		cross join (values ('hourly', 'task_usage_hourly'), ('daily', 'task_usage_daily'), ('dashboard', 'task_usage_dashboard_daily')) as p (name, relation)
		order by at;
		create schema cron;
		create table cron.job_run_details (runid bigint generated always as identity primary key, database text, command text, status text, start_time timestamptz);
		insert into cron.job_run_details (database, command, status, start_time) select current_database(), 'select ' || job || '()', 'succeeded', at from tick;
		insert into sys_cron_executions (job_name, plan_time, status, started_at, rows_affected) select job, at, 'SUCCESS', at, 7 from tick;
		insert into tidemark_rollup_runs (pipeline, outcome, started_at, rows_touched) select name, 'ok', at, 7 from tick;
		analyze cron.job_run_details, sys_cron_executions, tidemark_rollup_runs`);
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

const scheduled = 'sys_cron_executions (job_name, plan_time DESC)';
const called = 'cron.job_run_details (runid)';
const tickRecords = {
	'': { indexes: [scheduled], rows: 20 },
	'.cron': { indexes: [called], rows: 1000 },
	'.cron-and-scheduler': { indexes: [called, scheduled], rows: 1000 },
	'.log': { indexes: ['tidemark_rollup_runs (id)'], rows: 60 },
} as const;

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
			...Object.entries(tickRecords).map(([variant, { indexes, rows }]) => [
				`rollup/${name}-runs${variant}`,
				{ indexes: [...indexes, 'task_usage (created_at)'], whole: [state], rows },
			]),
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

const large = /^(agent_task_queue|task_usage|runs|chat_message)\b/;
/** The most that one list reads of a large table: what is at work, or the newest 5,000 that finished. */
const listBound = 5001;

describe.each(
	lists.samplers
		.filter(({ needs }) => !needs.some((need) => need.kind === 'table' && /^cron/.test(need.table)))
		.map((query) => [`${query.id} ${query.variant}`, query] as const),
)('%s', (_, { sql, parameters }) => {
	test('reads no large table whole, on its first page and on a later one', async () => {
		const { rows } = await client.query(
			"select id::text, started_at::text as at from agent_task_queue where status = 'running' limit 1",
		);
		const { id, at } = rows[0];
		const pages: Readonly<Record<string, readonly unknown[]>> = { after_at: [null, at] };
		for (const after of [0, 1]) {
			const values = parameters.map(({ name }) => pages[name]?.[after] ?? (after ? id : null));
			if (after && parameters.length === 0) break;
			for (const scan of await scansOf(client, sql, values)) {
				if (!large.test(scan.of)) continue;
				expect(scan, sql).toMatchObject({ isIndex: true });
				expect(scan.rows, JSON.stringify(scan)).toBeLessThanOrEqual(listBound);
			}
		}
	});
});

describe('usage of a week', () => {
	const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
	const values = {
		first_day: day(6),
		last_day: day(0),
		zone: 'America/New_York',
		is_folded: false,
		is_exact: false,
		most: 200_000,
		wanted: 'runtime 7',
		ids: [],
	};
	/** A day's traffic, six days of the year before, and the margins. */
	const aWeek = aDay + 1500;

	beforeAll(async () => {
		for (const [table, bucket, agent] of [
			['task_usage_hourly', `date_trunc('hour', u.created_at)`, 't.agent_id, '],
			['task_usage_daily', 'u.created_at::date', ''],
		] as const) {
			await client.query(`insert into ${table}
				select ${bucket}, a.workspace_id, t.runtime_id, ${agent}${agent && 'null, '}u.provider, u.model,
					sum(u.input_tokens), sum(u.output_tokens), 0, 0, count(*)${agent && ', 1'}
				from task_usage u join agent_task_queue t on t.id = u.task_id join agent a on a.id = t.agent_id
				group by ${bucket}, a.workspace_id, t.runtime_id, ${agent}u.provider, u.model`);
			await client.query(`vacuum analyze ${table}`);
		}
	}, 60_000);

	// A database of the product lets names and mail addresses be read.
	const here = queries.samplers.filter(({ variant }) => ['', 'state'].includes(variant));

	test.each(here.map((query) => [`${query.id} ${query.variant}`, query] as const))(
		'%s reads no large table whole',
		async (_, query) => {
			const bound = Object.fromEntries(
				query.parameters.flatMap(({ name }) =>
					name in values ? [[name, values[name as keyof typeof values]]] : [],
				),
			);
			for (const owner of owners(query)) {
				const asked = { query: query.id, values: { ...bound, ...owner } };
				const scans = await scansOf(client, query.sql, boundValues(query, asked));
				for (const { kind, of, isIndex, rows } of scans) {
					if (!/^(agent_task_queue|task_usage\w*(?<!_state))\b/.test(of)) continue;
					expect(isIndex, `${kind} of ${of}`).toBe(true);
					expect(rows, `${kind} of ${of}`).toBeLessThanOrEqual(aWeek);
				}
			}
		},
	);

	/** Everybody's, and where it can be asked for, that of one runtime. */
	const owners = ({ parameters }: Sampler) =>
		parameters.some(({ name }) => name === 'runtime')
			? [{}, { runtime: '00000000-0000-4000-8000-000000000000' }]
			: [{}];
});
