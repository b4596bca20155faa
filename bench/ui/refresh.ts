/**
 * What a refresh costs on screen: CPU, bytes and writes, for changing and for unchanged samples, and
 * the time from a key to the bytes of its frame. The data is made by hand, the terminal swallows
 * everything. Build and run:
 *
 *   npx esbuild bench/ui/refresh.ts --bundle --platform=node --format=esm --outfile=dist/bench-ui.js \
 *     --define:process.env.NODE_ENV='"production"' --log-level=error \
 *     --banner:js='import{createRequire}from"node:module";const require=createRequire(import.meta.url);'
 *   node dist/bench-ui.js [columns rows]
 */
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { Report } from '../../source/health/monitor.ts';
import type { Snapshot } from '../../source/sampling/snapshot.ts';
import type { ConsoleContext } from '../../source/ui/console-context.ts';
import { renderConsole } from '../../source/ui/render-console.tsx';
import {
	allReadings,
	at,
	controls,
	environment,
	leaseReadings,
	reportOf,
	rollupReadings,
	snapshotOf,
	taskReadings,
} from '../../test/ui/fixtures.ts';

const refreshes = 400;
const warmUp = 150;

/** A terminal that takes everything and counts it. */
class Terminal extends EventEmitter {
	readonly isTTY = true;
	readonly writable = true;
	bytes = 0;
	writes = 0;
	readonly columns: number;
	readonly rows: number;

	constructor(columns: number, rows: number) {
		super();
		this.columns = columns;
		this.rows = rows;
	}

	write(chunk: string, done?: () => void): boolean {
		if (chunk !== '') {
			this.bytes += Buffer.byteLength(chunk);
			this.writes += 1;
			this.emit('painted');
		}
		if (done !== undefined) queueMicrotask(done);
		return true;
	}
}

/** The sample number `seq` of a system at work: a dozen numbers move, the rest stays. */
function sample(seq: number): Snapshot {
	const when = at + seq * 2000;
	const wave = Math.round(200 + 150 * Math.sin(seq / 9)) + (seq % 7);
	const readings = {
		...allReadings(when),
		...taskReadings(when, wave),
		...rollupReadings(when, 1204 + seq * 3),
		...leaseReadings(when, Math.round(wave / 3)),
	};
	return snapshotOf(readings, {
		seq,
		at: when,
		receivedAt: when,
		trip: { wallMs: 6 + (seq % 5), serverMs: 3 + (seq % 3), samplers: 20 },
	});
}

function liveContext() {
	const listeners = new Set<() => void>();
	let history: readonly Snapshot[] = [sample(0)];
	let report: Report = reportOf(sample(0));
	const context: ConsoleContext = {
		now: () => report.snapshot.receivedAt,
		environment,
		report: {
			current: () => report,
			history: () => history,
			subscribe(listener) {
				listeners.add(listener);
				return () => listeners.delete(listener);
			},
		},
		controls: {
			pause() {},
			resume() {},
			refresh() {},
			setIntervalMs() {},
			state: () => controls,
			subscribe: () => () => {},
		},
	};
	const publish = (snapshot: Snapshot) => {
		history = [...history.slice(-1800), snapshot];
		report = reportOf(snapshot);
		for (const listener of listeners) listener();
	};
	return { context, publish };
}

const median = (values: readonly number[]): number =>
	values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function measure(columns: number, rows: number): Promise<void> {
	const terminal = new Terminal(columns, rows);
	const stdin = Object.assign(new PassThrough(), {
		isTTY: true,
		setRawMode() {},
		ref() {},
		unref() {},
	});
	const { context, publish } = liveContext();
	const running = renderConsole(context, {
		stdout: terminal as unknown as NodeJS.WriteStream,
		stdin: stdin as unknown as NodeJS.ReadStream,
	});
	await running.whenIdle();
	let seq = 1;
	const run = async (count: number, next: () => Snapshot) => {
		const before = { bytes: terminal.bytes, writes: terminal.writes, cpu: process.cpuUsage() };
		for (let round = 0; round < count; round++) {
			publish(next());
			await running.whenIdle();
		}
		const cpu = process.cpuUsage(before.cpu);
		return {
			cpuMs: (cpu.user + cpu.system) / 1000 / count,
			bytes: (terminal.bytes - before.bytes) / count,
			writes: (terminal.writes - before.writes) / count,
		};
	};
	const moving = () => sample(seq++);
	await run(warmUp, moving);
	const changing = await run(refreshes, moving);
	const still = sample(seq);
	await run(1, () => still);
	const unchanged = await run(refreshes, () => ({ ...still }));

	const latencies: number[] = [];
	for (let round = 0; round < 100; round++) {
		const started = performance.now();
		const painted = new Promise<number>((resolve) => {
			terminal.once('painted', () => resolve(performance.now() - started));
		});
		stdin.write('?');
		latencies.push(await painted);
		await running.whenIdle();
	}
	running.unmount();
	const text = (value: number) => value.toFixed(2);
	console.log(
		`${columns}x${rows}: changing ${text(changing.cpuMs)} ms CPU, ${Math.round(changing.bytes)} bytes, ` +
			`${text(changing.writes)} writes; unchanged ${text(unchanged.cpuMs)} ms CPU, ` +
			`${Math.round(unchanged.bytes)} bytes; key to frame ${text(median(latencies))} ms (median of 100)`,
	);
}

const [columns, rows] = process.argv.slice(2).map(Number);
const sizes =
	columns && rows
		? [[columns, rows]]
		: [
				[80, 24],
				[120, 40],
				[140, 45],
				[200, 50],
			];
for (const [width = 80, height = 24] of sizes) await measure(width, height);
const { heapUsed, rss } = process.memoryUsage();
console.log(`memory: ${Math.round(rss / 1e6)} MB resident, ${Math.round(heapUsed / 1e6)} MB heap`);
