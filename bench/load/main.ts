/**
 * What the console costs the server that it watches, and those who work there:
 * `npm run load [-- --rows 10000000 --pairs 10 --seconds 10]`, with Debian's pgbench.
 *
 * First the processor time of its backends, by the system's own account, over two minutes at the default
 * interval of 2 s. Then rounds of pgbench with the console sampling and paused in turn, on the same
 * server, the order changing from pair to pair; beside the difference stands that of two rounds in which
 * it was paused. Needs two processors, and Linux.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import pg from 'pg';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { startEmbedded } from '../../source/demo/embedded.ts';
import { isLive, openConsole } from '../../test/faults/open-console.ts';
import { applyMigrations } from '../../test/support/apply-migrations.ts';
import type { Pty } from '../../test/support/pty.ts';
import type { Screen } from '../../test/support/screen.ts';
import { seedHistory } from '../samplers/history.ts';

const { values } = parseArgs({
	options: {
		rows: { type: 'string', default: '10000000' },
		pairs: { type: 'string', default: '10' },
		seconds: { type: 'string', default: '10' },
	},
});
const tasks = Number(values.rows);
const intervalMs = 2000;
const watchedMs = 120_000;
/**
 * Until everything was asked once, also what is asked once a minute, and the verdicts that need a while
 * have turned, two minutes at most but for those of a quarter of an hour: each asks for causes, which is paid
 * once and not at every refresh.
 */
const warmUpMs = 150_000;

const run = promisify(execFile);

const server = await startEmbedded({
	folder: await mkdtemp(join(tmpdir(), 'tidemark-load-')),
	cacheFolder: defaultCacheFolder(),
	isPersistent: false,
	settings: {
		fsync: 'off',
		max_wal_size: '8GB',
		shared_buffers: '1GB',
		maintenance_work_mem: '1GB',
	},
});
try {
	const admin = new pg.Client(server.url());
	// What went wrong is told by what threw, not by this connection's end with the server.
	admin.on('error', () => {});
	await admin.connect();
	for (const name of ['watched', 'worked']) await admin.query(`create database ${name}`);
	await fill();
	console.log(`${tasks} tasks, load ${loadavg()[0]?.toFixed(1)}`);
	await pinServer(admin);
	// What was just written is not to be on its way to the disk meanwhile.
	await admin.query('checkpoint');
	const pty = await settled();
	await reportCost(admin);
	await reportThroughput(pty);
	pty.press('q');
	await pty.exited();
	await admin.end();
} finally {
	await server.stop();
}

async function fill(): Promise<void> {
	await applyMigrations(server.url('watched'));
	const client = new pg.Client(server.url('watched'));
	await client.connect();
	const started = performance.now();
	const size = {
		usage: 1_000_000,
		messages: 1_000_000,
		issues: 200_000,
		runtimes: 2000,
		dirty: 200_000,
	};
	const share = Math.min(1, tasks / 1_000_000);
	const scaled = Object.entries(size).map(([name, rows]) => [name, Math.ceil(rows * share)]);
	await seedHistory(client, { tasks, ...(Object.fromEntries(scaled) as typeof size) });
	await client.end();
	await pgbench('-i', '-q', '-s', '10');
	console.error(`filled in ${Math.round((performance.now() - started) / 1000)} s`);
}

/** Processor time of all threads of a process so far, in ms. */
function cpuMs(pid: number): number {
	return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}

async function backends(admin: pg.Client): Promise<number[]> {
	const { rows } = await admin.query(
		`select pid from pg_stat_activity where application_name = 'tidemark' order by pid`,
	);
	return rows.map(({ pid }) => pid);
}

/**
 * The server and pgbench get one processor to themselves, the console and its terminal the other: what
 * its own process takes of a machine of two would else count as the server's loss.
 */
async function pinServer(admin: pg.Client): Promise<void> {
	const { rows } = await admin.query('select pg_backend_pid() as pid');
	const status = readFileSync(`/proc/${rows[0].pid}/status`, 'utf8');
	const postmaster = /^PPid:\s+(\d+)/m.exec(status)?.[1] ?? '';
	await run('taskset', ['-acp', '0', postmaster]);
	await run('taskset', ['-acp', '1', String(process.pid)]);
}

async function reportCost(admin: pg.Client): Promise<void> {
	const pids = await backends(admin);
	const before = pids.map(cpuMs);
	const started = performance.now();
	await pause(watchedMs);
	const passedMs = performance.now() - started;
	const spent = pids.map((pid, at) => cpuMs(pid) - (before[at] ?? 0));
	const stayed = (await backends(admin)).join() === pids.join();
	const sum = spent.reduce((a, b) => a + b, 0);
	const perRefresh = (sum / passedMs) * intervalMs;
	console.log(
		`backends: ${pids.length} (${stayed ? 'the same to the end' : 'OTHERS AT THE END'}), ` +
			`${((sum / passedMs) * 100).toFixed(2)} % of one processor over ${Math.round(passedMs / 1000)} s, ${perRefresh.toFixed(1)} ms a refresh`,
	);
}

async function reportThroughput(pty: Pty): Promise<void> {
	const ratios: number[] = [];
	const noise: number[] = [];
	for (let pair = 0; pair < Number(values.pairs); pair++) {
		const isOnFirst = pair % 2 === 0;
		const first = await throughput(pty, isOnFirst);
		const second = await throughput(pty, !isOnFirst);
		const third = await throughput(pty, false);
		const [on, off] = isOnFirst ? [first, second] : [second, first];
		ratios.push(on / off);
		noise.push(third / off);
		console.error(
			`on ${on.toFixed(0)}, off ${off.toFixed(0)}, off ${third.toFixed(0)} transactions/s`,
		);
	}
	console.log(`pgbench on/off:  ${spread(ratios)}`);
	console.log(`pgbench off/off: ${spread(noise)}`);
}

function spread(numbers: readonly number[]): string {
	const sorted = numbers.toSorted((a, b) => a - b);
	const at = (share: number) =>
		(sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toFixed(3);
	return `median ${at(0.5)}, middle half ${at(0.25)}–${at(0.75)}, ${sorted.length} pairs`;
}

/** With the console sampling, or paused: what a start costs is none of a refresh's. */
async function throughput(pty: Pty, isWatched: boolean): Promise<number> {
	const isPaused = ({ text }: Screen) => text.includes('‖ paused');
	if (isPaused(pty.screen()) === isWatched) pty.press(' ');
	await pty.waitFor((screen) => isPaused(screen) !== isWatched);
	const out = await pgbench('-n', '-c', '4', '-j', '2', '-T', String(values.seconds));
	return Number(/tps = ([\d.]+)/.exec(out)?.[1]);
}

async function pgbench(...args: readonly string[]): Promise<string> {
	const { hostname, port, username, password } = new URL(server.url());
	const { stdout } = await run(
		'taskset',
		['-c', '0', 'pgbench', ...args, '-h', hostname, '-p', port, '-U', username, 'worked'],
		{ env: { ...process.env, PGPASSWORD: decodeURIComponent(password) } },
	);
	return stdout;
}

async function settled(): Promise<Pty> {
	const pty = openConsole(server.url('watched'), { flags: [], deadlineMs: 60_000 });
	await pty.waitFor(isLive);
	await pause(warmUpMs);
	return pty;
}
