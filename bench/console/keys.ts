/**
 * From a key to the screen that it is for, while samples are taken: the built program in a terminal on
 * the demo's live database, a refresh each second, at three sizes: `npm run bench:keys`. The emulated
 * terminal's reading of the bytes is in all of the times.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemo } from '../../source/demo/demo.ts';
import { isLive, openConsole } from '../../test/faults/open-console.ts';
import type { Screen } from '../../test/support/screen.ts';

const rounds = 15;
const sizes = [
	[80, 24],
	[120, 40],
	[200, 50],
] as const;

type Step = {
	readonly name: string;
	readonly key: string;
	readonly isThere: (screen: Screen) => boolean;
	/** Waited for before the key is pressed, where it needs what the server has to answer first. */
	readonly isReady?: (screen: Screen) => boolean;
};

const shows =
	(pattern: RegExp) =>
	({ text }: Screen): boolean =>
		pattern.test(text);
const shown = (name: string, key: string, pattern: RegExp): Step => ({
	name,
	key,
	isThere: shows(pattern),
});
const gone = (name: string, key: string, pattern: RegExp): Step => ({
	name,
	key,
	isThere: (screen) => !shows(pattern)(screen),
});

const esc = '\x1b';
/** What a person types, in a round that ends where it began. */
const steps: readonly Step[] = [
	shown('help', '?', /List the keys/),
	gone('close help', '?', /List the keys/),
	shown('log', 'L', /╭ Event log/),
	gone('close log', 'L', /╭ Event log/),
	shown('palette', ':', /╭ Palette/),
	shown('type in it', 'z', /│ : z/),
	gone('close palette', esc, /╭ Palette/),
	shown('a list', '\r', /running longest {2}/),
	{ ...shown('next row', 'j', / 2 of \d/), isReady: shows(/ 1 of \d/) },
	shown('next row', 'j', / 3 of \d/),
	shown('last row', 'G', / (\d+) of \1\D/),
	shown('first row', 'g', / 1 of \d/),
	shown('filter', '/', /│ \//),
	gone('leave filter', esc, /│ \//),
	shown('detail', '\r', /╭ 1 Tasks {2}task /),
	gone('back', esc, /╭ 1 Tasks {2}task /),
	gone('leave the list', esc, /running longest {2}/),
	shown('samplers', 'S', /╭ Samplers/),
	gone('leave them', esc, /╭ Samplers/),
	shown('usage', 'u', /╭ Usage/),
	gone('leave usage', esc, /╭ Usage/),
];

const at = (values: readonly number[], share: number): string =>
	(values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? Number.NaN).toFixed(
		1,
	);

async function measure(url: string, columns: number, rows: number): Promise<void> {
	await using pty = openConsole(url, { flags: ['--interval', '1s'], columns, rows });
	await pty.waitFor(isLive);
	await pty.waitFor(shows(/in \d+\/m/));
	const took = new Map<Step, number[]>(steps.map((step) => [step, []]));
	for (let round = 0; round < rounds; round += 1) {
		for (const step of steps) {
			if (step.isReady) await pty.waitFor(step.isReady);
			const pressed = performance.now();
			pty.press(step.key);
			await pty.waitFor(step.isThere);
			took.get(step)?.push(performance.now() - pressed);
		}
	}
	const all = [...took.values()].flat();
	const slowest = [...took].toSorted(([, a], [, b]) => Number(at(b, 0.5)) - Number(at(a, 0.5)))[0];
	console.log(
		`| ${columns}×${rows} | ${at(all, 0.5)} | ${at(all, 0.95)} | ${at(all, 1)} | ${slowest?.[0].name}, ${at(slowest?.[1] ?? [], 0.5)} |`,
	);
	pty.press('q');
	await pty.exited();
}

const folder = await mkdtemp(join(tmpdir(), 'tidemark-keys-'));
const demo = await startDemo({ cacheDir: folder, seed: 1 });
try {
	console.log(
		`${steps.length} keys, ${rounds} times each, load ${loadavg()[0]?.toFixed(1)}; ms from a key to its screen\n`,
	);
	console.log('| size | median | of 95 in 100 | longest | slowest key, its median |');
	console.log('|---|--:|--:|--:|---|');
	for (const [columns, rows] of sizes) await measure(demo.url, columns, rows);
} finally {
	await demo.stop();
	await rm(folder, { recursive: true, force: true });
}
