import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, expect, it } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { openPty, type Pty } from '../support/pty.ts';
import { environment, isLive, keyLatencyMs, longestKeyMs } from './open-console.ts';

const database = useDatabase();
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'tidemark-multiplexer-'));
const socket = join(folder, 'tmux');
afterEach(async () => {
	await run('tmux', ['-S', socket, 'kill-server']).catch(() => {});
});
afterAll(() => rmSync(folder, { recursive: true }));

const sessions = () =>
	database.rows(
		`select pid from pg_stat_activity where application_name = 'tidemark' and datname = current_database()`,
	);

/** Starts a multiplexer with a shell in it, and the console in that. */
async function inside(file: string, args: readonly string[]): Promise<Pty> {
	const env = { ...environment, DATABASE_URL: database.url, SHELL: '/bin/sh', PS1: '$ ' };
	const pty = openPty(file, args, { columns: 100, rows: 30, env: { ...env, SCREENDIR: folder } });
	await pty.waitFor(({ text }) => /\$$/m.test(text));
	pty.press('echo before it; ');
	pty.press(`${process.execPath} dist/tidemark.js --interval 1s\r`);
	await pty.waitFor(isLive);
	return pty;
}

const tmux = (config: string) => {
	const path = join(folder, 'tmux.conf');
	writeFileSync(path, `set -g status off\nset -g default-command /bin/sh\n${config}\n`);
	return inside('tmux', ['-S', socket, '-f', path, 'new-session']);
};

it('in tmux: shown, answered, resized and given back', async () => {
	await using pty = await tmux('');
	expect(await keyLatencyMs(pty)).toBeLessThan(longestKeyMs);
	pty.resize(120, 40);
	await pty.waitFor((screen) => isLive(screen) && screen.text.includes('6 Leases'));
	pty.press('q');
	await pty.waitFor(({ text }) => text.includes('before it') && !text.includes('1 Tasks'));
	await expect.poll(sessions).toEqual([]);
});

it('where there is no alternate screen: the shell goes on below what was last shown', async () => {
	await using pty = await tmux('set -g alternate-screen off');
	await pty.waitFor((screen) => isLive(screen) && screen.text.includes('6 Leases'));
	pty.press('q');
	await expect.poll(sessions).toEqual([]);
	const { lines } = await pty.waitFor(({ text }) => text.endsWith('\n$'));
	// Nothing of what was shown is below the prompt, and nothing of it is overwritten.
	const prompt = lines.lastIndexOf('$');
	expect(lines[prompt - 1]).toMatch(/quit/);
});

it('a terminal that is closed: the program ends, and its connections with it', async () => {
	await using _ = await tmux('');
	expect((await sessions()).length).toBeGreaterThan(0);
	await run('tmux', ['-S', socket, 'kill-session']);
	await expect.poll(sessions, { timeout: 5000 }).toEqual([]);
});

it('in screen: shown, answered and given back', async () => {
	writeFileSync(join(folder, 'screenrc'), 'startup_message off\naltscreen on\nshell /bin/sh\n');
	await using pty = await inside('screen', ['-U', '-c', join(folder, 'screenrc')]);
	expect(await keyLatencyMs(pty)).toBeLessThan(longestKeyMs);
	pty.press('q');
	await pty.waitFor(({ text }) => text.includes('before it') && !text.includes('1 Tasks'));
	await expect.poll(sessions).toEqual([]);
});
