/**
 * What an hour of history takes: `npm run bench:history`. Real samples of the demo under its
 * workload, with 2,000 runtimes, one a second by a clock that is moved on by hand; then an hour of
 * texts of a megabyte that are never the same twice. Heap and buffers after a forced collection.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { startDemo } from '../../source/demo/demo.ts';
import type { Monitor } from '../../source/health/monitor.ts';
import { blockSamples } from '../../source/sampling/history/archive.ts';
import { encodeSample } from '../../source/sampling/history/encode-sample.ts';
import { History } from '../../source/sampling/history/history.ts';
import type { Snapshot } from '../../source/sampling/snapshot.ts';
import { allPanels } from '../../source/ui/panels/all-panels.ts';
import { composeFor } from '../../test/support/sampling.ts';

const { gc } = globalThis;
if (!gc) throw new Error('run it as: npm run bench:history [-- SAMPLES]');
const samples = Number(process.argv[2] ?? 3600);

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;

/** Packing is done beside this thread: it is waited for. */
async function level(): Promise<number> {
	await pause(200);
	gc?.();
	gc?.();
	const { heapUsed, arrayBuffers } = process.memoryUsage();
	return heapUsed + arrayBuffers;
}

const median = (values: readonly number[]): number =>
	values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** What a refresh pays for being remembered, and what looking back costs. */
function timings(monitor: Monitor, history: History): string {
	const encoding: number[] = [];
	const lately = history.lately(200_000);
	for (const [at, snapshot] of lately.entries()) {
		const started = performance.now();
		JSON.stringify(encodeSample(snapshot, lately[at - 1]));
		encoding.push(performance.now() - started);
	}
	const stepping: number[] = [];
	const reading: number[] = [];
	// From block to block backwards: nothing of it is decoded yet.
	for (let seq = history.newestSeq; seq >= history.oldestSeq; seq -= blockSamples) {
		const started = performance.now();
		monitor.reportAt(seq);
		reading.push(performance.now() - started);
		const again = performance.now();
		monitor.reportAt(seq - 1);
		stepping.push(performance.now() - again);
	}
	return (
		`encoding ${median(encoding).toFixed(3)} ms a sample; a report of another block ` +
		`${median(reading).toFixed(1)} ms, one step further ${median(stepping).toFixed(2)} ms (medians)`
	);
}

/** What it takes, by a copy of it: the program is warm, and nothing else is made meanwhile. */
async function sizeOf(history: History): Promise<number> {
	const copy = new History();
	const series = allPanels.map((panel) => panel.series.read);
	const before = await level();
	copy.add(history.get(history.oldestSeq) as Snapshot);
	for (const read of series) copy.trends().values(read);
	for (let seq = history.oldestSeq + 1; seq <= history.newestSeq; seq++) {
		copy.add(history.get(seq) as Snapshot);
	}
	// As small as the other: all of it is packed.
	while (copy.bytes > 1.1 * history.bytes) await pause(100);
	const bytes = (await level()) - before;
	if (copy.length !== history.length) throw new Error('the copy is shorter');
	return bytes;
}

async function hour(
	title: string,
	url: string,
	flags: Record<string, string | string[]>,
	change: () => Promise<unknown>,
	count: number,
) {
	let now = Date.now();
	const parts = composeFor(url, { interval: '1s', ...flags }, undefined, {
		now: () => now,
		random: Math.random,
	});
	const { monitor, store, loop } = parts;
	const refresh = async () => {
		now += 1000;
		await change();
		return loop.refresh();
	};
	let snapshot: Snapshot = store.latest();
	for (let round = 0; round < 20; round++) snapshot = await refresh();
	for (const { series } of allPanels) monitor.trends().values(series.read);
	for (let round = 0; round < count; round++) snapshot = await refresh();
	const { history } = store;
	const bytes = await sizeOf(history);
	const rows = [...snapshot.readings.values()].reduce(
		(sum, reading) => sum + ('rows' in reading ? reading.rows.length : 0),
		0,
	);
	console.log(`${title}: ${count} refreshes, ${rows} rows in ${snapshot.readings.size} readings`);
	console.log(
		`  kept ${history.length} samples in ${megabytes(bytes)} of memory, ` +
			`${megabytes(history.bytes)} of it packed samples (${Math.round(history.bytes / history.length)} bytes each)`,
	);
	console.log(`  ${timings(monitor, history)}`);
	await parts.stop();
}

const cacheDir = mkdtempSync(join(tmpdir(), 'tidemark-history-'));
const folder = join(cacheDir, 'samplers');
const demo = await startDemo({ cacheDir, stepMs: 50, historyDays: 2 });
const admin = new pg.Client({ connectionString: demo.url });
await admin.connect();
await admin.query(`
	insert into agent_runtime (workspace_id, name, runtime_mode, provider, status, last_seen_at)
	select (select id from workspace order by id limit 1), 'r' || n,
		(array['local', 'cloud'])[1 + n % 2],
		(array['antigravity', 'claude', 'codebuddy', 'codex', 'copilot', 'cursor', 'deveco', 'dim', 'dsh',
			'gemini', 'grok', 'hermes', 'kimi', 'kiro', 'mcode', 'openclaw', 'opencode', 'pi', 'qoder',
			'qwen', 'reasonix', 'traecli'])[1 + n % 22],
		'online', now()
	from generate_series(1, 1930) n`);
const beat = () =>
	admin.query(
		`update agent_runtime set last_seen_at = now() - random() * interval '4 minutes' where random() < 0.02`,
	);
try {
	await hour('the demo with 2,000 runtimes', demo.url, {}, beat, samples);
	mkdirSync(folder);
	writeFileSync(
		join(folder, 'hostile.sql'),
		`-- title: hostile\n-- panel: own\n-- columns: note text\n\nselect (select string_agg(md5(random()::text || n || i), E'\\u25cf') from generate_series(1, 31000) i) as note from generate_series(1, 8) n\n`,
	);
	await hour(
		'texts of a megabyte',
		demo.url,
		{ samplers: [folder], statementTimeout: '5s' },
		beat,
		Math.ceil(samples / 4),
	);
} finally {
	await admin.end();
	await demo.stop();
	rmSync(cacheDir, { recursive: true, force: true });
}
