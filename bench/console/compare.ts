/**
 * Measures the console beside pg_activity (Debian's `pg-activity`) in one run, on the demo's
 * database at 140×45 with a refresh each second: `npm run bench:console`, or `-- 3` for three rounds.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startDemo } from '../../source/demo/demo.ts';
import { startProxy, type TcpProxy } from '../../test/support/proxy.ts';
import { openPty, type Pty } from '../../test/support/pty.ts';
import type { Screen } from '../../test/support/screen.ts';

const rounds = Number(process.argv[2] ?? 7);
const refreshes = 20;
const keyPresses = 15;
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

type Figures = {
	readonly firstFrameMs: number;
	readonly cpuMsPerRefresh: number;
	readonly bytesPerRefresh: number;
	readonly tripsPerRefresh: number;
	readonly keyMs: number;
	readonly memoryMb: number;
};

const clockTicksPerSecond = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout);

function cpuMs(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
		.replace(/^.*\) /, '')
		.split(' ');
	return ((Number(fields[11]) + Number(fields[12])) * 1000) / clockTicksPerSecond;
}

const memoryMb = (pid: number): number =>
	Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) / 1024;

const median = (values: readonly number[]): number =>
	values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function measure(contender: Contender, proxy: TcpProxy): Promise<Figures> {
	const started = performance.now();
	await using pty = contender.start(new URL(proxy.url));
	await pty.waitFor(contender.hasData);
	const firstFrameMs = performance.now() - started;
	// The first refreshes still warm up; what people live with comes after them.
	await pause(5000);
	const before = { cpu: cpuMs(pty.pid), bytes: pty.output().length, trips: proxy.trips() };
	await pause(refreshes * 1000);
	const cpuMsPerRefresh = (cpuMs(pty.pid) - before.cpu) / refreshes;
	const bytesPerRefresh = (pty.output().length - before.bytes) / refreshes;
	const tripsPerRefresh = (proxy.trips() - before.trips) / refreshes;
	const keys: number[] = [];
	for (let count = 0; count < keyPresses; count += 1) {
		const pressed = performance.now();
		pty.press(contender.openHelp);
		await pty.waitFor(contender.hasHelp);
		keys.push(performance.now() - pressed);
		pty.press(contender.closeHelp);
		await pty.waitFor((screen) => !contender.hasHelp(screen));
	}
	const figures = {
		firstFrameMs,
		cpuMsPerRefresh,
		bytesPerRefresh,
		tripsPerRefresh,
		keyMs: median(keys),
		memoryMb: memoryMb(pty.pid),
	};
	pty.press('q');
	await pty.exited();
	return figures;
}

const folder = await mkdtemp(join(tmpdir(), 'tidemark-bench-'));
const demo = await startDemo({ cacheDir: folder, seed: 1 });
const proxy = await startProxy(demo.url);
try {
	const all = new Map<string, Figures[]>(contenders.map(({ name }) => [name, []]));
	for (let round = 0; round < rounds; round += 1) {
		for (const contender of contenders) {
			all.get(contender.name)?.push(await measure(contender, proxy));
		}
	}
	const units = {
		firstFrameMs: 'first frame with data, ms',
		cpuMsPerRefresh: 'CPU per refresh, ms',
		bytesPerRefresh: 'bytes per refresh',
		tripsPerRefresh: 'round trips per refresh',
		keyMs: 'help key to screen, ms (median)',
		memoryMb: 'memory (PSS), MB',
	} as const;
	console.log(`medians of ${rounds} rounds, in turn, at 140×45, refresh 1 s`);
	console.table(
		Object.fromEntries(
			Object.entries(units).map(([key, label]) => {
				const [ours = 0, theirs = 0] = [...all.values()].map((figures) =>
					median(figures.map((each) => each[key as keyof Figures])),
				);
				const row = { tidemark: ours.toFixed(1), pg_activity: theirs.toFixed(1) };
				return [label, { ...row, ratio: (ours / theirs).toFixed(2) }];
			}),
		),
	);
} finally {
	await proxy.close();
	await demo.stop();
	await rm(folder, { recursive: true, force: true });
}
