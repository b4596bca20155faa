/**
 * Writes docs/screens/*.svg: `npm run screens`. The built program at a real terminal of 120×40, on the
 * demo with a leaked lock: what is on its screen, cell by cell.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openPty } from '../../test/support/pty.ts';
import type { Screen } from '../../test/support/screen.ts';
import { svgOf } from './svg.ts';

const size = { columns: 120, rows: 40 } as const;
const program = fileURLToPath(new URL('../../dist/tidemark.js', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'tidemark-screens-'));

await using pty = openPty(
	process.execPath,
	[program, 'demo', '--fault', 'lock-leaked', '--interval', '1s', '--statement-timeout', '5s'],
	{
		...size,
		deadlineMs: 100_000,
		env: { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8', TZ: 'UTC', TERM: 'xterm-256color' },
	},
);

/** Presses keys, waits for a screen, and keeps it. */
async function shot(
	name: string,
	title: string,
	holds: (screen: Screen) => boolean,
): Promise<void> {
	await pty.waitFor(holds);
	const svg = await svgOf(pty.output(), size.columns, size.rows, title);
	writeFileSync(new URL(`${name}.svg`, import.meta.url), svg);
	console.error(`${name}: ${Math.round(svg.length / 1024)} kB\n${pty.screen().text}\n`);
}

/** Closes what is open; alone, since a key that follows at once would be one with it. */
async function back(): Promise<void> {
	pty.press('\x1b');
	await pty.waitFor(({ text }) => / live /.test(text) && text.includes('6 Leases'));
}

const has =
	(...texts: readonly (string | RegExp)[]) =>
	({ text }: Screen): boolean =>
		texts.every((each) => (typeof each === 'string' ? text.includes(each) : each.test(text)));

try {
	// Until sparklines have something to show.
	await shot(
		'overview',
		'The overview: a leaked lock has stopped the hourly rollup',
		has(/ live /, /✖.*lock/, /queued +▁?[▁-█]{4}/),
	);
	pty.press('d');
	await shot(
		'diagnosis',
		'The diagnosis: who holds the lock, since when, and what to do',
		has('Diagnosis of', 'how things stand'),
	);
	await back();
	pty.press('1\r');
	await shot('tasks', 'The tasks behind the first panel', has('running longest', 'heartbeat'));
	await back();
	pty.press('u');
	await shot('usage', 'Usage by day', has('Usage', 'today', 'tokens'));
	await back();
	pty.press('a');
	await pty.waitFor(has('engine: '));
	pty.press('j');
	await pty.waitFor(has(/> .* replay /));
	pty.press('\r');
	await shot('action', 'What a replay would change, before anything is done', has('plan  '));
	pty.press('\x1b');
	await pty.waitFor(has('engine: '));
	await back();
	const banner = () => /PAST.*/.exec(pty.screen().text)?.[0];
	for (let steps = 0; steps < 5; steps++) {
		const before = banner();
		pty.press('[');
		await pty.waitFor(() => banner() !== before);
	}
	await shot('past', 'A moment of the past, with what is wrong now', has(/PAST .*now: ✖/));
	pty.kill('SIGTERM');
	await pty.exited();
} finally {
	rmSync(home, { recursive: true, force: true });
}
