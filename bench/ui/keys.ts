/**
 * How long a key takes to the bytes of its frame, and how many frames it makes, while samples and
 * answers of lists come in: the keys of the overview, a list of 100 rows, its detail, filter, palette
 * and help. The data is made by hand, the terminal swallows everything. Built and run as refresh.ts.
 */
import { keyOf } from '../../source/sampling/question.ts';
import type { Row } from '../../source/sampling/reading.ts';
import { renderConsole } from '../../source/ui/render-console.tsx';
import { liveContext, sample, streamsOf, Terminal } from './workload.ts';

const rounds = 15;
const warmUp = 5;

const names = ['Builder', 'Reviewer', '日本語の担当'];
const tasks = (round: number): readonly Row[] =>
	Array.from({ length: 100 }, (_, n) => ({
		id: `60000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
		source: n % 3 === 0 ? 'chat' : 'issue',
		agent: `${names[n % 3]} ${n}`,
		runtime: `laptop-of-someone-${n % 17}`,
		seconds: 10_000 - n * 60 + round * 2,
		silent_seconds: n % 13 === 0 ? 300 : 7,
		attempt: n % 3,
		max_attempts: 3,
		place: `2026-03-01 13:${n}`,
	}));

/** What a person types, key by key; each changes what is on screen. */
const keys: readonly (readonly [string, string])[] = [
	['focus', '1'],
	['open the list', '\r'],
	['next row', 'j'],
	['next row', 'j'],
	['page', '\x1b[6~'],
	['last row', 'G'],
	['first row', 'g'],
	['sort', '>'],
	['invert', 'I'],
	['problems', '!'],
	['all again', '!'],
	['filter', '/'],
	['filter', '3'],
	['keep it', '\r'],
	['next list', '\x1b[C'],
	['list before', '\x1b[D'],
	['detail', '\r'],
	['palette', ':'],
	['palette', 't'],
	['run it', '\r'],
	['zoom', 'z'],
	['help', '?'],
	['help', '?'],
	['log', 'L'],
	['log', 'L'],
	['samplers', 'S'],
	['leave them', 'S'],
];

const quantile = (values: readonly number[], q: number): number =>
	values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ??
	Number.NaN;

async function measure(columns: number, rows: number): Promise<void> {
	const terminal = new Terminal(columns, rows);
	const streams = streamsOf(terminal);
	const { context, publish } = liveContext();
	const listeners = new Set<() => void>();
	const listKey = (name: string) =>
		keyOf({ query: `lists/tasks-${name}`, values: { after_at: null, after_id: null } });
	const answersOf = (round: number) => {
		const at = sample(round).at;
		const cost = { serverMs: 2 };
		const reading = { kind: 'ok', rows: tasks(round), at, cost } as const;
		return new Map(
			['running', 'queued', 'stuck', 'failed'].map((name) => [listKey(name), reading]),
		);
	};
	let answers = answersOf(0);
	const reader = {
		state: () => answers,
		watch() {},
		refresh() {},
		subscribe(listener: () => void) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
	const running = renderConsole({ ...context, reader }, streams);
	await running.whenIdle();
	const took = new Map<string, number[]>();
	const frames: number[] = [];
	const busy: number[] = [];
	for (let round = 1; round <= rounds + warmUp; round++) {
		for (const [name, key] of keys) {
			// A sample and an answer have just come when the key does.
			publish(sample(round * keys.length));
			answers = answersOf(round);
			for (const listener of listeners) listener();
			await running.whenIdle();
			const before = { writes: terminal.writes, cpu: process.cpuUsage() };
			const started = performance.now();
			const painted = new Promise<number>((resolve) => {
				terminal.once('painted', () => resolve(performance.now() - started));
			});
			streams.stdin.write(key);
			const ms = await painted;
			await running.whenIdle();
			if (round <= warmUp) continue;
			took.set(name, [...(took.get(name) ?? []), ms]);
			frames.push(terminal.writes - before.writes);
			const { user, system } = process.cpuUsage(before.cpu);
			busy.push((user + system) / 1000);
		}
		// Back to where it began.
		for (let step = 0; step < 8; step++) {
			streams.stdin.write('\x1b');
			await new Promise((resolve) => setTimeout(resolve, 30));
			await running.whenIdle();
		}
	}
	running.unmount();
	const all = [...took.values()].flat();
	const [slowest, times = []] =
		[...took].toSorted(([, a], [, b]) => quantile(b, 0.5) - quantile(a, 0.5))[0] ?? [];
	const text = (value: number) => value.toFixed(1);
	console.log(
		`${columns}x${rows}: key to frame ${text(quantile(all, 0.5))} ms median, ${text(quantile(all, 0.95))} ms of 95 in 100, ` +
			`${text(Math.max(...all))} ms longest of ${all.length} keys; slowest key "${slowest}" ${text(quantile(times, 0.5))} ms median; ` +
			`${text(quantile(busy, 0.5))} ms of processor a key (median); frames a key: ${[...new Set(frames)].toSorted().join(', ')}`,
	);
}

for (const [columns = 80, rows = 24] of [
	[80, 24],
	[120, 40],
	[200, 50],
]) {
	await measure(columns, rows);
}
