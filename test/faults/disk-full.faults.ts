import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type FaultServer, startFaultServer } from './fault-server.ts';
import {
	environment,
	isLive,
	keyLatencyMs,
	longestKeyMs,
	openConsole,
	quit,
} from './open-console.ts';

vi.setConfig({ testTimeout: 120_000 });

/** A file system of a few megabytes, which root may mount. */
class SmallDisk {
	readonly path: string;
	constructor(size: string) {
		this.path = mkdtempSync(join(tmpdir(), 'tidemark-disk-'));
		execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', this.path]);
	}

	/** Takes what is left of it. */
	fill(): void {
		try {
			for (let at = 0; ; at++)
				writeFileSync(join(this.path, `filler-${at}`), Buffer.alloc(2 ** 20));
		} catch (error) {
			expect(error).toMatchObject({ code: 'ENOSPC' });
		}
		try {
			for (;;) writeFileSync(join(this.path, 'filler-rest'), Buffer.alloc(512), { flag: 'a' });
		} catch (error) {
			expect(error).toMatchObject({ code: 'ENOSPC' });
		}
	}

	free(): void {
		execFileSync('sh', ['-c', 'rm -f "$0"/filler-*', this.path]);
	}

	remove(): void {
		execFileSync('umount', [this.path]);
		rmSync(this.path, { recursive: true });
	}
}

let data: SmallDisk;
let server: FaultServer;
let home: SmallDisk;
beforeAll(async () => {
	data = new SmallDisk('400m');
	const folder = join(data.path, 'server');
	mkdirSync(folder);
	server = await startFaultServer({ max_wal_size: '64MB', min_wal_size: '32MB' }, folder);
	home = new SmallDisk('1m');
	home.fill();
});
afterAll(async () => {
	data?.free();
	await server?.remove();
	data?.remove();
	home?.remove();
});

it("the server's disk is full: what is read is read on, and it mends by itself", async () => {
	await using pty = openConsole(server.url);
	await pty.waitFor(isLive);
	await server.query('create table much (text text)');
	data.fill();
	await expect(
		server.query(
			'insert into much select repeat(md5(n::text), 20) from generate_series(1, 100000) as n',
		),
	).rejects.toMatchObject({ message: expect.stringMatching(/No space left|terminat|closed/) });
	// Either it still answers, or it fell over and says so; nothing else.
	const { text: shown } = await pty.waitFor(
		(screen) => isLive(screen) || / lost\b/.test(screen.lines[0] ?? ''),
	);
	expect(shown).toContain('1 Tasks');
	expect(await keyLatencyMs(pty)).toBeLessThan(longestKeyMs);
	data.free();
	await pty.waitFor(isLive);
	await quit(pty);
});

it('the disk of its own files is full: it watches without them', async () => {
	const own = { HOME: home.path, XDG_STATE_HOME: home.path, XDG_CONFIG_HOME: home.path };
	await using pty = openConsole(server.url, { env: { ...environment, ...own } });
	await pty.waitFor(isLive);
	await quit(pty);
});

it("the disk of an action's receipts is full: it is told before anything is changed", async () => {
	const env = { ...environment, HOME: home.path, XDG_STATE_HOME: home.path };
	const state = () => server.query('select * from task_usage_hourly_rollup_state');
	const before = await state();
	const { code, err } = await run(
		['tick', '--yes', '--pipeline', 'hourly', server.url],
		'pipe',
		env,
	);
	expect(err).toMatch(/no space left/i);
	expect(code).not.toBe(0);
	expect(await state()).toEqual(before);
});

it.each([
	[1, ['once']],
	[1, ['once', '--json']],
	[3, ['check']],
	[3, ['diagnose']],
])('where the answer goes is full: status %i of %j', async (status, args) => {
	const full = openSync('/dev/full', 'w');
	const { code, err } = await run([...args, server.url], full, environment);
	closeSync(full);
	expect(err).toMatch(/takes no more, .* no space left on device/);
	expect(code).toBe(status);
});

async function run(
	args: readonly string[],
	stdout: number | 'pipe',
	env: Readonly<Record<string, string | undefined>>,
) {
	const child = spawn(process.execPath, ['dist/tidemark.js', ...args], {
		env: { ...env },
		stdio: ['ignore', stdout, 'pipe'],
	});
	child.stdout?.resume();
	const ended = once(child, 'exit');
	const err = await text(child.stderr as Readable);
	const [code] = await ended;
	return { code, err };
}
