import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** What a running server writes into `postmaster.pid` of its data directory. */
export interface Postmaster {
	readonly pid: number;
	readonly port: number;
	/** `starting`, `ready`, `stopping` or `standby`, as pg_ctl reads it. */
	readonly status: string;
}

/** Reads `postmaster.pid`; undefined when there is none. Lines: pid, folder, start, port, …, status. */
export async function readPostmaster(cluster: string): Promise<Postmaster | undefined> {
	const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => undefined);
	if (text === undefined) return undefined;
	const lines = text.split('\n');
	return { pid: Number(lines[0]), port: Number(lines[3]), status: (lines[7] ?? '').trim() };
}

/**
 * Whether process `pid` lives and its command line contains `mark`: a process number alone proves
 * nothing, since after a reboot it belongs to somebody else.
 */
export async function isProcess(pid: number, mark: string): Promise<boolean> {
	if (!Number.isInteger(pid) || pid <= 1) return false;
	const command =
		process.platform === 'linux'
			? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
			: await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).then(
					({ stdout }) => stdout,
					() => '',
				);
	return command.includes(mark);
}

/** Resolves true as soon as `condition` holds, false after `timeoutMs`. */
export async function waitUntil(
	condition: () => Promise<boolean>,
	timeoutMs: number,
): Promise<boolean> {
	const deadline = performance.now() + timeoutMs;
	while (!(await condition())) {
		if (performance.now() > deadline) return false;
		await delay(15);
	}
	return true;
}

/**
 * Ends a server that a dead owner left running on `cluster`, and clears what a dead server left
 * behind. Asks for a fast shutdown first, then for an immediate one, then insists.
 */
export async function clearLeftover(cluster: string): Promise<void> {
	const leftover = await readPostmaster(cluster);
	if (!leftover) return;
	const isGone = async () => !(await isProcess(leftover.pid, cluster));
	for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
		if (await isGone()) break;
		try {
			process.kill(leftover.pid, signal);
		} catch {
			// It ended by itself between the look and the signal.
		}
		await waitUntil(isGone, 5_000);
	}
	await rm(join(cluster, 'postmaster.pid'), { force: true });
}
