import { randomBytes } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { pipelines, pipelineTables } from '../sql/pipeline-tables.ts';
import { queueRows } from '../sql/queue-rows.ts';
import { useDatabase } from '../support/database.ts';
import { startProxy } from '../support/proxy.ts';
import { samplerFolder } from '../support/sampling.ts';
import { type Exposed, exporterFor, scrape, type TestExporter } from './scrape.ts';

const database = useDatabase();
const rows = queueRows(database);
const cleanups: (() => unknown)[] = [];

// The pipelines' triggers stay out of it: a test makes the tables as it needs them.
beforeAll(() => database.rows('set session_replication_role = replica'));
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
	await database.rows('truncate agent_task_queue, agent_runtime, runs, workspace cascade');
});

function exporting(...options: Parameters<typeof exporterFor>): TestExporter {
	const started = exporterFor(...options);
	cleanups.push(() => started.stop());
	return started;
}

function own(files: Readonly<Record<string, string>>): { samplers: readonly string[] } {
	const folder = samplerFolder(files);
	cleanups.push(folder.remove);
	return { samplers: [folder.path] };
}

const sources = [
	'api',
	'autopilot',
	'autopilot_issue',
	'chat',
	'issue',
	'manual',
	'other',
	'quick_create',
];

describe('the contract', () => {
	test('has every metric under its name, with its type and labels', async () => {
		for (const pipeline of pipelines) {
			await database.rows(`drop table if exists ${pipeline.state}, ${pipeline.dirty} cascade`);
			await database.rows(pipelineTables(pipeline));
			await database.rows(
				`update ${pipeline.state} set watermark_at = now() - interval '1 hour', last_run_finished_at = now()`,
			);
			await database.rows(`insert into ${pipeline.dirty} values (gen_random_uuid())`);
			await database.rows(
				`insert into tidemark_rollup_runs (pipeline, outcome) values ($1, 'busy')`,
				[pipeline.name],
			);
		}
		const runtime = await rows.runtime('20 s');
		const task = await rows.task({ status: 'running', started: '2 h', runtime });
		await rows.task({ status: 'dispatched', dispatched: '2 m', runtime });
		await rows.task({ status: 'queued', created: '90 s', chat: await rows.chat({}, '1 m') });
		await database.rows(`insert into task_usage (task_id, provider, model) values ($1, 'p', 'm')`, [
			task,
		]);
		await database.rows(
			`insert into runs (status, started_at, finished_at, lease_expires_at)
			values ('SUCCEEDED', now() - interval '9 s', now(), null), ('RUNNING', now(), null, now() - interval '1 m')`,
		);
		// As a backfill does between two slices.
		const walk = await database.client({ application_name: 'tidemark-action' });
		await walk.query('select pg_advisory_lock(4246)');
		const { parts, exporter } = exporting(database.url);
		await parts.loop.refreshAll();
		const { types, of } = await scrape(exporter);
		await walk.end();

		const labelsOf = (name: string) =>
			[...new Set(Object.keys(of(name)).map((labels) => labels.replace(/="[^"]*"/g, '')))].join(
				' ',
			);
		const known = (names: readonly string[]) =>
			Object.fromEntries(
				names.map((name) => [name, `${types.get(name)} ${labelsOf(name)}`.trim()]),
			);
		const byPipeline = [
			'tidemark_rollup_data_lag_seconds',
			'tidemark_rollup_run_age_seconds',
			'tidemark_rollup_watermark_timestamp_seconds',
			'tidemark_rollup_dirty_rows',
			'tidemark_rollup_dirty_oldest_seconds',
			'tidemark_rollup_lock_held_seconds',
			'tidemark_rollup_lock_holder_idle_seconds',
			'tidemark_rollup_stalled_runs',
			'tidemark_rollup_walked',
		];
		expect(known(byPipeline)).toEqual(
			Object.fromEntries(byPipeline.map((name) => [name, 'gauge pipeline'])),
		);
		expect(Object.keys(of('tidemark_rollup_data_lag_seconds')).sort()).toEqual(
			['daily', 'dashboard', 'hourly'].map((name) => `pipeline="${name}"`),
		);
		expect(of('tidemark_rollup_walked')).toEqual({
			'pipeline="daily"': 0,
			'pipeline="dashboard"': 0,
			'pipeline="hourly"': 1,
		});
		const expected = {
			multica_active_users: 'gauge window',
			multica_active_workspaces: 'gauge window',
			multica_agent_task_queued: 'gauge source',
			multica_agent_task_running: 'gauge source,runtime_mode',
			multica_agent_task_stuck_total: 'gauge source',
			multica_runtime_online: 'gauge runtime_mode,provider',
			multica_workspace_total: 'gauge',
			multica_business_sampler_query_errors_total: 'counter name',
			xyn_queue_depth: 'gauge status',
			xyn_queue_ready_depth: 'gauge',
			xyn_queue_future_depth: 'gauge',
			xyn_queue_oldest_ready_seconds: 'gauge',
			xyn_running_with_expired_lease: 'gauge',
			xyn_running_with_active_lease: 'gauge',
			xyn_workers_alive: 'gauge',
			xyn_blueprint_run_count: 'gauge blueprint,status',
			tidemark_task_oldest_ready_seconds: 'gauge source',
			tidemark_task_orphaned: 'gauge',
			tidemark_task_dispatched_late: 'gauge',
			tidemark_up: 'gauge',
			tidemark_build_info: 'gauge version,node',
			tidemark_last_sample_timestamp_seconds: 'gauge',
			tidemark_last_sample_age_seconds: 'gauge',
			tidemark_last_sample_duration_seconds: 'gauge',
			tidemark_sampler_last_sample_timestamp_seconds: 'gauge sampler',
			tidemark_sampler_age_seconds: 'gauge sampler',
			tidemark_sampler_duration_seconds: 'gauge sampler',
			tidemark_sampler_rows: 'gauge sampler',
			tidemark_sampler_available: 'gauge sampler',
			tidemark_signal_value: 'gauge signal,subject',
		};
		expect(known(Object.keys(expected))).toEqual(expected);
		expect(Object.keys(of('multica_agent_task_queued')).sort()).toEqual(
			sources.map((source) => `source="${source}"`),
		);
		expect(Object.keys(of('multica_agent_task_running'))).toHaveLength(3 * sources.length);
		for (const [name, label] of [
			['multica_runtime_heartbeat_age_seconds', 'runtime_mode="local"'],
			['xyn_blueprint_duration_seconds', 'blueprint="default"'],
			['multica_business_sampler_query_seconds', 'name="task-queued"'],
		] as const) {
			expect(types.get(name)).toBe('histogram');
			expect(of(`${name}_count`)[label]).toBe(1);
			expect(of(`${name}_sum`)[label]).toBeGreaterThan(0);
		}
	});

	test('has the exact buckets, cumulative', async () => {
		await rows.runtime('3 s');
		await rows.runtime('20 s');
		const { exporter } = exporting(database.url);
		const { of } = await scrape(exporter);
		const buckets = (name: string, label: string) =>
			Object.entries(of(`${name}_bucket`))
				.filter(([labels]) => labels.includes(label))
				.map(([labels, value]) => [/le="([^"]+)"/.exec(labels)?.[1], value]);
		expect(buckets('multica_runtime_heartbeat_age_seconds', 'runtime_mode="local"')).toEqual(
			Object.entries({ 1: 0, 5: 1, 15: 1, 30: 2, 60: 2, 120: 2, 300: 2, 600: 2, '+Inf': 2 }),
		);
		const bounds = buckets('multica_business_sampler_query_seconds', 'name="task-queued"');
		expect(bounds.map(([bound]) => bound)).toEqual([
			'0.005',
			'0.01',
			'0.025',
			'0.05',
			'0.1',
			'0.25',
			'0.5',
			'1',
			'2.5',
			'+Inf',
		]);
	});
});

describe('cardinality', () => {
	test('10,000 hostile provider names are one series', async () => {
		const workspace = await rows.workspace();
		await database.rows(
			`insert into agent_runtime (workspace_id, name, provider, runtime_mode, last_seen_at)
			select $1, 'n', E'evil"\\n\\x1b{le="1"} ' || n, 'mode ' || n, now() from generate_series(1, 10000) as n`,
			[workspace],
		);
		const { exporter } = exporting(database.url);
		const { of, series } = await scrape(exporter);
		expect(of('multica_runtime_online')).toEqual({
			'runtime_mode="unknown",provider="other"': 10_000,
		});
		expect(of('multica_runtime_heartbeat_age_seconds_count')).toEqual({
			'runtime_mode="unknown"': 10_000,
		});
		expect(series.size).toBeLessThan(900);
	});

	test('10,000 hostile blueprints are 100 series, and none comes twice', async () => {
		await database.rows(
			`insert into runs (status, blueprint) select 'QUEUED', 'b' || repeat(chr(7), n % 200 + 1) || E'\\u202e"\\\\' || n % 10000
			from generate_series(1, 10000) as n`,
		);
		const { parts, exporter } = exporting(database.url);
		await parts.loop.refreshAll();
		const { of } = await scrape(exporter);
		const blueprints = Object.keys(of('xyn_blueprint_run_count'));
		expect(blueprints.length).toBeGreaterThan(0);
		expect(blueprints.length).toBeLessThanOrEqual(100);
	});

	test('rows that became the same series are added up', async () => {
		const flags = own({
			twins: `-- columns: word text, value integer
-- metric: own_twins
-- labels: word
-- help: twins
select * from (values (E'a\\x01b', 2), (E'a\\x02b', 3)) as twin (word, value)`,
		});
		const { of } = await scrape(exporting(database.url, flags).exporter);
		expect(of('own_twins')).toEqual({ 'word="a·b"': 5 });
	});
});

describe('what is not known', () => {
	test('is absent, and never 0', async () => {
		const flags = own({
			broken: `-- columns: value integer
-- metric: own_broken
-- help: never works
select 1 / 0 as value`,
			nothing: `-- columns: value integer, nan number
-- metric: own_null
-- help: null
-- metric: own_nan
-- value: nan
-- help: not a number
select null::int as value, 'NaN'::float8 as nan`,
			missing: `-- columns: value integer
-- needs: no_such_table(id)
-- metric: own_missing
-- help: not in this database
select 1 as value`,
		});
		const { exporter } = exporting(database.url, flags);
		const { types, of } = await scrape(exporter);
		for (const name of ['own_broken', 'own_null', 'own_nan', 'own_missing']) {
			expect(types.has(name), name).toBe(false);
		}
		// No usage, no run, nothing waiting.
		expect(of('tidemark_rollup_data_lag_seconds')).toEqual({});
		expect(of('tidemark_task_oldest_ready_seconds')).toEqual({});
		expect(of('tidemark_sampler_failures')['sampler="own/broken"']).toBe(1);
		expect(of('multica_business_sampler_query_errors_total')).toMatchObject({
			'name="own/broken"': 1,
			'name="task-queued"': 0,
			'name="acquire"': 0,
		});
		expect(of('tidemark_sampler_age_seconds')).not.toHaveProperty(['sampler="own/broken"']);
	});

	test('a series goes when its rows go', async () => {
		const runtime = await rows.runtime('1 s', 'cloud', 'codex');
		const { parts, exporter } = exporting(database.url, {}, Number.POSITIVE_INFINITY);
		// A scrape waits for a refresh only so long, and answers from memory on a busy machine.
		await parts.loop.refreshAll();
		const before = await scrape(exporter);
		expect(before.of('multica_runtime_online')).toEqual({
			'runtime_mode="cloud",provider="codex"': 1,
		});
		await database.rows('delete from agent_runtime where id = $1', [runtime]);
		await parts.loop.refreshAll();
		expect((await scrape(exporter)).types.has('multica_runtime_online')).toBe(false);
	});

	test('a sampler that a lost grant or a lost table has silenced says so', async () => {
		const role = `metrics_reader_${randomBytes(4).toString('hex')}`;
		await database.rows(`create role ${role} login password '${role}'`);
		await database.rows(`grant select on runs, workspace to ${role}`);
		cleanups.push(() => database.rows(`drop owned by ${role}; drop role ${role}`));
		const url = new URL(database.url);
		[url.username, url.password] = [role, role];
		const { parts, exporter } = exporting(url.href, {}, Number.POSITIVE_INFINITY);
		const available = async () => {
			await parts.loop.refreshAll();
			const found = Object.entries((await scrape(exporter)).of('tidemark_sampler_available'));
			return Object.fromEntries(
				found.filter(([labels]) =>
					/"(lease\/ready|multica\/(workspace-total|task-queued))"/.test(labels),
				),
			);
		};
		expect(await available()).toEqual({
			'sampler="lease/ready"': 1,
			'sampler="multica/workspace-total"': 1,
			'sampler="multica/task-queued",reason="denied"': 0,
		});
		await database.rows(`revoke select on workspace from ${role}`);
		await database.rows('alter table runs rename to runs_moved');
		cleanups.push(() => database.rows('alter table runs_moved rename to runs'));
		// The first refresh fails, and looks again for what is there.
		await parts.loop.refreshAll();
		expect(await available()).toEqual({
			'sampler="lease/ready",reason="absent"': 0,
			'sampler="multica/workspace-total",reason="denied"': 0,
			'sampler="multica/task-queued",reason="denied"': 0,
		});
	});

	test('last good values stay, with their age, for five minutes', async () => {
		vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
		cleanups.push(() => vi.useRealTimers());
		await rows.task({ status: 'queued' });
		const proxy = await startProxy(database.url);
		cleanups.push(() => proxy.close());
		const { exporter } = exporting(proxy.url);
		const sampler = 'sampler="multica/task-queued"';
		const before = await scrape(exporter);
		expect(before.of('tidemark_up')).toEqual({ '': 1 });
		proxy.refuse(true);
		proxy.reset();

		vi.setSystemTime(Date.now() + 4 * 60_000);
		const stale = await scrape(exporter);
		expect(stale.of('tidemark_up')).toEqual({ '': 0 });
		expect(stale.of('multica_agent_task_queued')['source="other"']).toBe(1);
		expect(stale.of('tidemark_sampler_age_seconds')[sampler]).toBeCloseTo(240, 0);
		expect(stale.of('tidemark_last_sample_age_seconds')['']).toBeCloseTo(240, 0);
		expect(stale.of('tidemark_signal_value')).not.toEqual({});
		// Whoever counts restarts must not see one in a clock that was set, nor in a rounding.
		const startOf = ({ of }: Exposed) => of('process_start_time_seconds');
		expect(startOf(stale)).toEqual(startOf(before));

		vi.setSystemTime(Date.now() + 2 * 60_000);
		const gone = await scrape(exporter);
		expect(gone.of('multica_agent_task_queued')).toEqual({});
		expect(gone.of('tidemark_signal_value')).toEqual({});
		expect(gone.of('tidemark_sampler_age_seconds')[sampler]).toBeCloseTo(360, 0);
	});
});

describe('a number', () => {
	test('is exact as far as Prometheus can, infinite where it is, and a moment is in seconds', async () => {
		const flags = own({
			numbers: `-- columns: large integer, endless number, moment timestamp, truth boolean
-- metric: own_large
-- value: large
-- help: past 2^53
-- metric: own_endless
-- value: endless
-- help: infinity
-- metric: own_moment
-- value: moment
-- help: a time
-- metric: own_truth
-- value: truth
-- help: a flag
select 9223372036854775807 as large, 'Infinity'::float8 as endless,
	'2026-01-01 00:00:00+00'::timestamptz as moment, true as truth`,
		});
		const { of } = await scrape(exporting(database.url, flags).exporter);
		expect(of('own_large')).toEqual({ '': 2 ** 63 });
		expect(of('own_endless')).toEqual({ '': Number.POSITIVE_INFINITY });
		expect(of('own_moment')).toEqual({ '': 1_767_225_600 });
		expect(of('own_truth')).toEqual({ '': 1 });
	});
});

test('own metrics that would spoil the exposition are left out, and named by file', async () => {
	const metric = (name: string, rest = '') =>
		`-- columns: value integer, word text\n-- metric: ${name}\n${rest}-- help: x\nselect 1 as value, '' as word`;
	const flags = own({
		a: metric('tidemark_up'),
		b: metric('multica_workspace_total'),
		c: metric('own_text', '-- value: word\n'),
		d: metric('own_twice'),
		e: metric('own_twice', '-- type: counter\n'),
		f: metric('own_label', '-- labels: __name__="x"\n'),
		g: metric('xyn_blueprint_duration_seconds_count'),
	});
	const { exporter } = exporting(database.url, flags);
	expect(exporter.faults).toEqual([
		expect.stringMatching(/a\.sql: the metric tidemark_up is one of tidemark itself/),
		expect.stringMatching(
			/b\.sql: the metric multica_workspace_total is already fed by .*workspace-total\.sql/,
		),
		expect.stringMatching(
			/c\.sql: the metric own_text has the column word as its value, which is text/,
		),
		expect.stringMatching(/e\.sql: the metric own_twice is a gauge in .*d\.sql/),
		expect.stringMatching(/f\.sql: the metric own_label has a label __name__/),
		expect.stringMatching(
			/g\.sql: the metric xyn_blueprint_duration_seconds_count is part of the histogram/,
		),
	]);
	// The rest of the exposition is as ever, and what clashed is there once.
	const text = String(await exporter.scrape('text'));
	expect(text.match(/^# TYPE tidemark_up /gm)).toHaveLength(1);
	expect(text.match(/^# TYPE own_twice gauge$/gm)).toHaveLength(1);
	expect(text).not.toMatch(/own_text|own_label/);
});
