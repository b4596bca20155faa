import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type FileHandle, open as openFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { openPty, type Pty } from '../support/pty.ts';

const database = useDatabase();
const folder = mkdtempSync(join(tmpdir(), 'tidemark-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));

const env = {
	PATH: process.env.PATH,
	HOME: folder,
	LANG: 'C.UTF-8',
	TZ: 'UTC',
	METRICS_COLLECTOR_INTERVAL: '250ms',
};

const open = (...args: readonly string[]): Pty =>
	openPty(process.execPath, ['dist/tidemark.js', ...args], { columns: 120, rows: 40, env });

it('shows what was recorded by a console that was killed, with the keys of time and no server', async () => {
	const file = join(folder, 'night.tmr');
	await using recording = open(
		'--interval',
		'250ms',
		'--record',
		file,
		'--name',
		'staging',
		database.url,
	);
	await recording.waitFor(({ text }) => / live /.test(text) && text.includes('expired 0'));
	await database.rows(
		`insert into runs (status, run_at, queued_at, lease_expires_at)
		values ('RUNNING', now(), now(), now() - interval '3 minutes')`,
	);
	await recording.waitFor(({ text }) => text.includes('expired 1 ✖'));
	// It is written just after it is shown.
	const samples = () => readFileSync(file, 'utf8').split('\n').length;
	const shown = samples();
	await vi.waitFor(() => expect(samples()).toBeGreaterThan(shown + 1), 20_000);
	process.kill(recording.pid, 'SIGKILL');
	await recording.exited();

	await using replay = open('replay-file', file);
	const end = await replay.waitFor(({ text }) => text.includes('expired 1 ✖'));
	expect(end.lines[0]).toMatch(/staging .*RECORDING +its end +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
	replay.press('{');
	replay.press(']');
	await replay.waitFor(
		({ text }) => /RECORDING .* before its end/.test(text) && text.includes('expired 0'),
	);
	for (const key of ['a', 'R', '+']) {
		replay.press(key);
		await replay.waitFor(({ text }) =>
			text.includes(`${key}: this is a recording: there is no server`),
		);
	}
	replay.press(' ');
	await replay.waitFor(
		({ text }) => /RECORDING +its end/.test(text) && text.includes('expired 1 ✖'),
	);
	replay.press('q');
	expect(await replay.exited()).toMatchObject({ exitCode: 0 });
});

it('is left with ctrl-c while it still reads, and says nothing of a damaged file', async () => {
	// What was recorded in the first test, over and over: a file that has no end.
	const [head = '', ...lines] = readFileSync(join(folder, 'night.tmr'), 'utf8').split('\n');
	const whole = lines.find((line) => line.includes('"k":')) ?? '';
	const endless = join(folder, 'endless.tmr');
	execFileSync('mkfifo', [endless]);
	await using replay = open('replay-file', endless);
	const pipe = await openFile(endless, 'w');
	const written = writeOn(pipe, `${head}\n`, `${whole}\n`);
	await replay.waitFor(({ text }) => text.includes('reading '));
	replay.press('\x03');
	expect(await replay.exited()).toMatchObject({ exitCode: 130 });
	expect(replay.screen().text.replace('^C', '').trim()).toBe('');
	await written;
});

/** Writes until nobody reads any more. */
async function writeOn(pipe: FileHandle, first: string, line: string): Promise<void> {
	try {
		await pipe.write(first);
		for (;;) await pipe.write(line);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
	} finally {
		await pipe.close();
	}
}
