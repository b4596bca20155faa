import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtInCatalog } from '../../source/catalog/built-in.ts';
import { serve } from '../../source/commands/serve.ts';
import { alertFile, alertRules } from '../../source/metrics/alerts/alert-rules.ts';
import { board } from '../../source/metrics/dashboard/board.ts';
import { borrow } from '../../source/prometheus/borrow.ts';
import { allPanels } from '../../source/ui/panels/all-panels.ts';
import { type RunningCommand, startCommand } from '../commands/run-command.ts';
import { ask } from '../metrics/scrape.ts';
import { queueRows } from '../sql/queue-rows.ts';
import { useDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { startProxy, type TcpProxy } from '../support/proxy.ts';
import { samplerFolder } from '../support/sampling.ts';

const database = useDatabase();
const rows = queueRows(database);
const folder = mkdtempSync(join(tmpdir(), 'tidemark-prometheus-'));
const token = 'the-token-of-this-test';
const broken = samplerFolder({ broken: '-- columns: n integer\nselect 1 / 0 as n' });
const ending = new AbortController();
let proxy: TcpProxy;
let command: RunningCommand;
let servePort: number;
let api: string;
let stopPrometheus: () => Promise<unknown>;

beforeAll(async () => {
	await database.rows(`insert into runs (status) values ('SUCCEEDED')`);
	proxy = await startProxy(database.url);
	command = startCommand(serve, {
		url: proxy.url,
		flags: { metrics: '0', cacheTtl: '500ms', samplers: [broken.path] },
		env: { TIDEMARK_METRICS_TOKEN: token },
		ending: ending.signal,
	});
	servePort = Number((await command.whenError(/:(\d+)\/metrics/))[1]);
	const port = await freePort();
	api = `http://127.0.0.1:${port}/api/v1`;
	stopPrometheus = await startPrometheus(port);
});
afterAll(async () => {
	await stopPrometheus();
	ending.abort();
	await command.done;
	await proxy.close();
	rmSync(folder, { recursive: true });
	broken.remove();
});

async function startPrometheus(port: number): Promise<() => Promise<unknown>> {
	writeFileSync(join(folder, 'rules.yml'), alertFile(alertRules(), 'test'));
	const config = {
		global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
		rule_files: ['rules.yml'],
		scrape_configs: [
			{
				job_name: 'tidemark',
				authorization: { credentials: token },
				static_configs: [{ targets: [`127.0.0.1:${servePort}`] }],
			},
		],
	};
	writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
	const child = spawn(
		'prometheus',
		[
			`--config.file=${join(folder, 'prometheus.yml')}`,
			`--storage.tsdb.path=${join(folder, 'data')}`,
			`--web.listen-address=127.0.0.1:${port}`,
		],
		{ stdio: 'ignore' },
	);
	const exited = once(child, 'exit');
	return () => {
		child.kill('SIGTERM');
		return exited;
	};
}

async function get<T>(path: string): Promise<T> {
	const response = await fetch(`${api}/${path}`);
	return ((await response.json()) as { data: T }).data;
}

type Result = { readonly result: readonly { readonly value: readonly [number, string] }[] };

/** The values of an expression; none before Prometheus answers. */
const values = async (expr: string): Promise<string[]> => {
	const found = await get<Result>(`query?query=${encodeURIComponent(expr)}`).catch(() => undefined);
	return (found?.result ?? []).map(({ value }) => value[1]);
};

const eventually = (expr: string) =>
	expect.poll(() => values(expr), { timeout: 50_000, interval: 200 });

test('a real Prometheus scrapes it, in OpenMetrics, and takes every line', async () => {
	await rows.runtime('20 s');
	await rows.task({ status: 'queued' });
	await eventually('up{job="tidemark"}').toEqual(['1']);
	await eventually('tidemark_up').toEqual(['1']);
	await eventually('multica_agent_task_queued{source="other"}').toEqual(['1']);
	// However long a busy machine took to come to this.
	await eventually(
		'multica_runtime_heartbeat_age_seconds_bucket{le="600.0"} or multica_runtime_heartbeat_age_seconds_bucket{le="600"}',
	).toEqual(['1']);
	const { activeTargets } = await get<{
		activeTargets: readonly { health: string; lastError: string }[];
	}>('targets');
	expect(activeTargets).toMatchObject([{ health: 'up', lastError: '' }]);
	const metadata = await get<Record<string, readonly { type: string }[]>>('metadata');
	const typeOf = (name: string) => metadata[name]?.[0]?.type;
	expect(typeOf('multica_runtime_heartbeat_age_seconds')).toBe('histogram');
	expect(typeOf('multica_agent_task_stuck_total')).toBe('gauge');
	// OpenMetrics names the family of a counter without its suffix; the series keep it.
	expect(typeOf('multica_business_sampler_query_errors')).toBe('counter');
	await eventually('multica_business_sampler_query_errors_total{name="acquire"}').toEqual(['0']);
});

test('a console that starts later has every chart from before its start', async () => {
	const borrowings = allPanels.flatMap(({ id, series: { read, metric } }) =>
		metric ? [{ id, read, metric }] : [],
	);
	expect(borrowings.map(({ id }) => id)).toEqual(allPanels.map(({ id }) => id));
	const newest = async () => {
		const stepMs = 1000;
		const toMs = Math.floor(Date.now() / stepMs) * stepMs;
		const borrowed = await borrow(borrowings, {
			prometheus: { url: new URL(api.replace('/api/v1', '')) },
			match: `job="tidemark",instance="127.0.0.1:${servePort}"`,
			range: { fromMs: toMs - 60_000, toMs, stepMs },
			signal: ending.signal,
		});
		return Object.fromEntries(
			borrowings.map(({ id, read }) => [
				id,
				borrowed?.values.get(read)?.findLast((value) => !Number.isNaN(value)),
			]),
		);
	};
	// The same numbers that the panels show: one task waits, one runtime is heard, the rest is quiet.
	const quiet = { tasks: 1, runtimes: 1, dirty: 0, leases: 0 };
	await expect.poll(newest, { timeout: 20_000, interval: 500 }).toMatchObject(quiet);
	const found = await newest();
	const numbers = Object.entries(found).filter(([, value]) => typeof value === 'number');
	expect(numbers.map(([id]) => id)).toEqual(expect.arrayContaining(Object.keys(quiet)));
});

test('and loads every rule', async () => {
	const { groups } = await get<{ groups: readonly { rules: readonly { health: string }[] }[] }>(
		'rules',
	);
	const health = groups.flatMap((group) => group.rules.map((rule) => rule.health));
	expect(health).toHaveLength(alertRules().length);
	expect(health).not.toContain('err');
});

test('and answers every query of the board', async () => {
	const { panels } = board(builtInCatalog().samplers, 'test') as {
		panels: readonly { title: string; targets?: readonly { expr: string }[] }[];
	};
	const chosen = `127.0.0.1:${servePort}`;
	const queries = panels.flatMap(({ title, targets = [] }) =>
		targets.map(({ expr }) => ({ title, expr: expr.replaceAll('$instance', chosen) })),
	);
	expect(queries.length).toBeGreaterThan(30);
	for (const { title, expr } of queries) {
		const answer = await fetch(`${api}/query?query=${encodeURIComponent(expr)}`);
		const { status, error, warnings } = (await answer.json()) as Record<string, unknown>;
		expect({ title, status, error, warnings }).toEqual({ title, status: 'success' });
	}
	// Of one instance a number is one number.
	const state = Object.fromEntries(queries.map(({ title, expr }) => [title, expr]));
	await eventually(state['Samplers failing'] ?? '').toEqual(['1']);
	await eventually(state['Database away'] ?? '').toEqual(['0']);
	expect(await values(state['Age of the newest sample'] ?? '')).toHaveLength(1);
});

test('a crashed worker is an alert on its way', async () => {
	await database.rows(
		`insert into runs (status, lease_expires_at) values ('RUNNING', now() - interval '10 minutes')`,
	);
	await eventually('count(ALERTS{alertname="TidemarkExpiredLeases"})').toEqual(['1']);
});

test('a frozen database is told in the next scrape, and the series stay', async () => {
	proxy.freeze();
	await eventually('tidemark_up').toEqual(['0']);
	await eventually('up{job="tidemark"}').toEqual(['1']);
	expect(await values('multica_agent_task_queued{source="other"}')).toEqual(['1']);
	await eventually('tidemark_last_sample_age_seconds > 2').toHaveLength(1);
	await eventually('scrape_duration_seconds{job="tidemark"} < 0.1').toHaveLength(1);
	proxy.thaw();
	await eventually('tidemark_up').toEqual(['1']);
});

test('promtool reads the text format, and only minds names that others have given', async () => {
	const headers = { authorization: `Bearer ${token}` };
	const { body } = await ask(servePort, '/metrics', { headers });
	const checking = promisify(execFile)('promtool', ['check', 'metrics']);
	checking.child.stdin?.end(body);
	const { stderr, code } = await checking.then(
		() => ({ stderr: '', code: 0 }),
		(error: { stderr: string; code: number }) => error,
	);
	expect(stderr.trim().split('\n')).toEqual([
		'multica_agent_task_stuck_total non-counter metrics should not have "_total" suffix',
		'multica_workspace_total non-counter metrics should not have "_total" suffix',
		'xyn_blueprint_run_count non-histogram and non-summary metrics should not have "_count" suffix',
	]);
	// 3: it could be read, and has advice.
	expect(code).toBe(3);
});
