/**
 * What a refresh costs on screen: CPU, bytes and writes, for changing and for unchanged samples, and
 * the time from a key to the bytes of its frame. The data is made by hand, the terminal swallows
 * everything; React's production build, as in the program. Run from the project's folder:
 *
 *   npx esbuild bench/ui/refresh.ts --bundle --splitting --minify --format=esm --platform=node \
 *     --outdir=node_modules/.cache/bench-ui --external:react-devtools-core --log-level=error \
 *     --define:process.env.NODE_ENV='"production"' --define:process.env.DEV='"false"' \
 *     --banner:js='import{createRequire as __r}from"node:module";const require=__r(import.meta.url);'
 *   node node_modules/.cache/bench-ui/refresh.js [columns rows]
 */
import type { Snapshot } from '../../source/sampling/snapshot.ts';
import { renderConsole } from '../../source/ui/render-console.tsx';
import { liveContext, sample, streamsOf, Terminal } from './workload.ts';

const refreshes = 400;
const warmUp = 150;

const median = (values: readonly number[]): number =>
	values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function measure(columns: number, rows: number): Promise<void> {
	const terminal = new Terminal(columns, rows);
	const streams = streamsOf(terminal);
	const { context, publish } = liveContext();
	const running = renderConsole(context, streams);
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
		streams.stdin.write('?');
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
