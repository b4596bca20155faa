/**
 * Measures the console beside pg_activity (Debian's `pg-activity`) in one run, on the demo's
 * database at 140×45 with a refresh each second: `npm run bench:console`. Starts are taken in turn;
 * what a refresh costs is taken of both at once, after a warm-up, as people live with them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startDemo } from '../../source/demo/demo.ts';
import { startProxy, type TcpProxy } from '../../test/support/proxy.ts';
import { openPty, type Pty } from '../../test/support/pty.ts';
import type { Screen } from '../../test/support/screen.ts';

const starts = 15;
const warmUpSeconds = 90;
const refreshes = 60;
const keyPresses = 25;
const size = { columns: 140, rows: 45 } as const;

type Contender = {
	readonly name: string;
	start(url: URL): Pty;
	readonly hasData: (screen: Screen) => boolean;
	readonly hasHelp: (screen: Screen) => boolean;
	readonly openHelp: string;
	readonly closeHelp: string;
};

const contenders: readonly Contender[] = [
	{
		name: 'tidemark',
		start: (url) => openPty('node', ['dist/tidemark.js', '--interval', '1s', url.href], size),
		hasData: ({ text }) => / live /.test(text) && /in \d+\/m/.test(text),
		hasHelp: ({ text }) => /List the keys/.test(text),
		openHelp: '?',
		closeHelp: '?',
	},
	{
		name: 'pg_activity',
		start: (url) =>
			openPty(
				'pg_activity',
				[
					'-h',
					url.hostname,
					'-p',
					url.port,
					'-U',
					url.username,
					'-d',
					url.pathname.slice(1),
					'--refresh',
					'1',
				],
				{ ...size, env: { ...process.env, PGPASSWORD: decodeURIComponent(url.password) } },
			),
		hasData: ({ text }) => /RUNNING QUERIES/.test(text) && /\d+ (sessions|total)/i.test(text),
		hasHelp: ({ text }) => /Press any key to exit/i.test(text),
		openHelp: 'h',
		closeHelp: 'x',
	},
];

/** Of all threads, by the scheduler's own account in ns; /proc/PID/stat counts in ticks of 10 ms. */
const cpuMs = (pid: number): number =>
	readdirSync(`/proc/${pid}/task`)
		.map((task) => readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
		.reduce((sum, ns) => sum + Number(ns) / 1e6, 0);

const memoryMb = (pid: number): number =>
	Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) / 1024;

const median = (values: readonly number[]): number =>
	values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function startMs(contender: Contender, url: URL): Promise<number> {
	const started = performance.now();
	await using pty = contender.start(url);
	await pty.waitFor(contender.hasData);
	const tookMs = performance.now() - started;
	pty.press('q');
	await pty.exited();
	return tookMs;
}

async function keyMs({ openHelp, closeHelp, hasHelp }: Contender, pty: Pty): Promise<number> {
	const pressed = performance.now();
	pty.press(openHelp);
	await pty.waitFor(hasHelp);
	const tookMs = performance.now() - pressed;
	pty.press(closeHelp);
	await pty.waitFor((screen) => !hasHelp(screen));
	return tookMs;
}

const usage = (pty: Pty, proxy: TcpProxy) => ({
	cpuMs: cpuMs(pty.pid),
	bytes: pty.output().length,
	trips: proxy.trips(),
});

/** Runs both at once, so that both have the same neighbours. */
async function steady(url: string): Promise<Map<string, Figures>> {
	const proxies = await Promise.all(contenders.map(() => startProxy(url)));
	const ptys = contenders.map((each, at) => each.start(new URL(proxies[at]?.url ?? url)));
	const each = contenders.map((contender, at) => ({
		contender,
		pty: ptys[at] as Pty,
		proxy: proxies[at] as TcpProxy,
	}));
	await Promise.all(each.map(({ contender, pty }) => pty.waitFor(contender.hasData)));
	await pause(warmUpSeconds * 1000);
	const before = each.map(({ pty, proxy }) => usage(pty, proxy));
	await pause(refreshes * 1000);
	const after = each.map(({ pty, proxy }) => usage(pty, proxy));
	const result = new Map<string, Figures>();
	for (const [at, { contender, pty, proxy }] of each.entries()) {
		const [from, to] = [before[at], after[at]];
		const per = (key: 'cpuMs' | 'bytes' | 'trips') =>
			((to?.[key] ?? Number.NaN) - (from?.[key] ?? Number.NaN)) / refreshes;
		const keys: number[] = [];
		for (let count = 0; count < keyPresses; count += 1) keys.push(await keyMs(contender, pty));
		result.set(contender.name, {
			'CPU per refresh, ms': per('cpuMs'),
			'bytes per refresh': per('bytes'),
			'round trips per refresh': per('trips'),
			'help key to screen, ms (median)': median(keys),
			'memory (PSS), MB': memoryMb(pty.pid),
		});
		pty.press('q');
		await pty.exited();
		await proxy.close();
	}
	return result;
}

type Figures = Readonly<Record<string, number>>;

const folder = await mkdtemp(join(tmpdir(), 'tidemark-bench-'));
const demo = await startDemo({ cacheDir: folder, seed: 1 });
try {
	const first = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
	for (let round = 0; round < starts; round += 1) {
		for (const contender of contenders) {
			first.get(contender.name)?.push(await startMs(contender, new URL(demo.url)));
		}
	}
	const figures = await steady(demo.url);
	const of = (name: string): Figures => ({
		'first frame with data, ms (median)': median(first.get(name) ?? []),
		'first frame with data, ms (fastest)': Math.min(...(first.get(name) ?? [])),
		...figures.get(name),
	});
	const [ours, theirs] = [of('tidemark'), of('pg_activity')];
	console.log(
		`${starts} starts in turn; ${refreshes} refreshes of both at once after ${warmUpSeconds} s`,
	);
	console.table(
		Object.fromEntries(
			Object.keys(ours).map((label) => {
				const [a = Number.NaN, b = Number.NaN] = [ours[label], theirs[label]];
				return [
					label,
					{ tidemark: a.toFixed(1), pg_activity: b.toFixed(1), ratio: (a / b).toFixed(2) },
				];
			}),
		),
	);
} finally {
	await demo.stop();
	await rm(folder, { recursive: true, force: true });
}
