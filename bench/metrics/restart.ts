import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import type { EmbeddedServer } from '../../source/demo/embedded.ts';

/** A server that was stopped, and can be started as it was: same program, data and port. */
export type StoppedServer = { start(): ChildProcess };

/** Stops a server in order, and remembers how it was started. */
export async function stopToRestart({ pid, ended }: EmbeddedServer): Promise<StoppedServer> {
	const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
		.split('\0')
		.slice(0, -1);
	const env = Object.fromEntries(
		readFileSync(`/proc/${pid}/environ`, 'utf8')
			.split('\0')
			.filter((entry) => entry.includes('='))
			.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
	);
	const { uid, gid } = statSync(`/proc/${pid}`);
	const cwd = readlinkSync(`/proc/${pid}/cwd`);
	process.kill(pid, 'SIGINT');
	await ended;
	return { start: () => spawn(program, args, { uid, gid, env, cwd, stdio: 'ignore' }) };
}

/** Ends a server that was started again. */
export async function end(child: ChildProcess): Promise<void> {
	const exited = once(child, 'exit');
	child.kill('SIGINT');
	await exited;
}
