import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { isProcess } from './postmaster.ts';

/**
 * A shell that waits for its standard input to close, which happens when we end, however we end:
 * exit, any signal, a crash, SIGKILL. Then it stops the server. No hook of ours is needed, so none
 * can swallow a signal that somebody else wants to handle.
 * It waits 5 s at most: in a container without an init process, the dead server stays a zombie.
 * Arguments: the server's pid, the signal, a folder to remove afterwards or nothing, our mark.
 */
const script = `trap '' INT TERM HUP QUIT
read -r _
kill "-$2" "$1" 2>/dev/null
n=0
while kill -0 "$1" 2>/dev/null && [ $n -lt 50 ]; do n=$((n + 1)); sleep 0.1; done
[ -z "$3" ] || rm -rf "$3"`;

const mark = (folder: string) => `tidemark-guardian:${folder}`;
const pidFile = (folder: string) => join(folder, 'guardian.pid');

/** Watches over one server until released. */
export interface Guardian {
	/** Ends the watch; call it only after the server has ended. */
	release(): Promise<void>;
}

/**
 * Binds the life of server `pid` to ours.
 *
 * @param folder where the guardian's own process number is noted for the next start
 * @param isPersistent when false, the guardian removes `folder` once the server has ended
 */
export async function guard(pid: number, folder: string, isPersistent: boolean): Promise<Guardian> {
	const shell: ChildProcess = spawn(
		'/bin/sh',
		[
			'-c',
			script,
			'sh',
			`${pid}`,
			isPersistent ? 'INT' : 'QUIT',
			isPersistent ? '' : folder,
			mark(folder),
		],
		{ cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] },
	);
	shell.unref();
	(shell.stdin as Socket).unref();
	shell.stdin?.on('error', () => {});
	await writeFile(pidFile(folder), `${shell.pid}\n`);
	return {
		async release() {
			shell.kill('SIGKILL');
			await rm(pidFile(folder), { force: true });
		},
	};
}

/** Whether a guardian still watches over `folder`: its owner lives, or has just died. */
export async function isGuarded(folder: string): Promise<boolean> {
	const text = await readFile(pidFile(folder), 'utf8').catch(() => '');
	return isProcess(Number.parseInt(text, 10), mark(folder));
}
