import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ask, parseExposition } from '../metrics/scrape.ts';
import { freePort } from '../support/free-port.ts';
import type { Pty } from '../support/pty.ts';
import { type FaultServer, processesOf, startFaultServer } from './fault-server.ts';
import { isLive, isLost, keyLatencyMs, longestKeyMs, openConsole, quit } from './open-console.ts';

vi.setConfig({ testTimeout: 180_000 });

let server: FaultServer;
beforeAll(async () => {
	// Much to do for a recovery, and no checkpoint that would make it less.
	server = await startFaultServer({ max_wal_size: '4GB', checkpoint_timeout: '1h' });
});
afterAll(() => server?.remove());

/** A console with /metrics beside it. */
async function watching(): Promise<{ pty: Pty; up: () => Promise<number | undefined> }> {
	const port = await freePort();
	const pty = openConsole(server.url, {
		flags: ['--interval', '1s', '--metrics', String(port), '--cache-ttl', '500ms'],
		deadlineMs: 60_000,
	});
	await pty.waitFor(isLive);
	const up = async () => {
		const { status, body } = await ask(port, '/metrics');
		expect(status).toBe(200);
		return parseExposition(body).of('tidemark_up')[''];
	};
	return { pty, up };
}

it('frozen for a minute: keys, /metrics and the truth all the while', async () => {
	const { pty, up } = await watching();
	await using _ = pty;
	await server.freeze();
	const frozenAt = performance.now();
	try {
		await pty.waitFor(isLost(/frozen/));
		let rounds = 0;
		while (performance.now() - frozenAt < 60_000) {
			expect(await keyLatencyMs(pty)).toBeLessThan(longestKeyMs);
			expect(await up()).toBe(0);
			const seconds = Number(/data (\d+)s old/.exec(pty.screen().text)?.[1] ?? Number.NaN);
			const passed = (performance.now() - frozenAt) / 1000;
			expect(Math.abs(seconds - passed)).toBeLessThan(4);
			rounds += 1;
			await pty.waitFor(({ text }) => !text.includes(`data ${seconds}s old`));
		}
		expect(rounds).toBeGreaterThan(10);
	} finally {
		await server.thaw();
	}
	await pty.waitFor(isLive);
	expect(await up()).toBe(1);
	await quit(pty);
});

it('a table under ACCESS EXCLUSIVE lock for a minute: said, the rest as fresh as ever, and nobody waits long', async () => {
	const { pty, up } = await watching();
	await using _ = pty;
	const holder = new pg.Client(server.url);
	await holder.connect();
	await holder.query('begin; lock table agent_task_queue in access exclusive mode');
	const lockedAt = performance.now();
	try {
		let [rounds, upRounds] = [0, 0];
		while (performance.now() - lockedAt < 60_000) {
			await pty.waitFor(
				(screen) => isLive(screen) && screen.text.includes('a lock kept it waiting'),
			);
			expect(await keyLatencyMs(pty)).toBeLessThan(longestKeyMs);
			upRounds += (await up()) ?? 0;
			// Whoever is queued for a lock keeps all later ones waiting: it must never be long.
			const [waiting] = await server.query(
				`select coalesce(max(extract(epoch from clock_timestamp() - query_start)), 0)::float8 as seconds
				from pg_stat_activity where application_name = 'tidemark' and wait_event_type = 'Lock'`,
			);
			expect(waiting.seconds).toBeLessThan(1);
			rounds += 1;
		}
		expect(rounds).toBeGreaterThan(10);
		// A scrape while a refresh waits for the lock is answered from memory, and says so.
		expect(upRounds / rounds).toBeGreaterThan(0.8);
	} finally {
		await holder.end();
	}
	await pty.waitFor((screen) => isLive(screen) && !screen.text.includes('a lock kept it waiting'));
	await quit(pty);
});

it('a database that was made read-only: nothing that is watched minds', async () => {
	const { pty, up } = await watching();
	await using _ = pty;
	await server.query(`alter database watched set default_transaction_read_only = on`);
	await server.query(`alter system set default_transaction_read_only = on`, 'postgres');
	await server.query('select pg_reload_conf()', 'postgres');
	await server.query(
		`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tidemark'`,
	);
	await pty.waitFor((screen) => !isLive(screen) || / lost\b/.test(screen.text));
	await pty.waitFor(isLive);
	expect(pty.screen().text).not.toMatch(/read-only transaction/);
	expect(await up()).toBe(1);
	await server.query('set transaction read write; alter database watched reset all', 'postgres');
	await server.query('alter system reset all', 'postgres');
	await server.query('select pg_reload_conf()', 'postgres');
	await quit(pty);
});

it('a crash of one backend, and a recovery that takes its time', async () => {
	const { pty, up } = await watching();
	await using _ = pty;
	await server.query('checkpoint');
	await server.query(
		'create table much as select n, repeat(md5(n::text), 8) as text from generate_series(1, 400000) as n',
	);
	const [victim] = await server.query(
		'select pg_backend_pid() as own, pid from pg_stat_activity where backend_type = $$walwriter$$',
	);
	process.kill(victim.pid, 'SIGKILL');
	const startup = await startupProcess(server.pid());
	process.kill(startup, 'SIGSTOP');
	try {
		await pty.waitFor(isLost(/takes no connections yet/));
		expect(await keyLatencyMs(pty)).toBeLessThan(longestKeyMs);
		expect(await up()).toBe(0);
	} finally {
		process.kill(startup, 'SIGCONT');
	}
	await pty.waitFor(isLive);
	expect(await up()).toBe(1);
	await server.query('drop table much');
	await quit(pty);
});

/** The process that recovers, as soon as there is one. */
async function startupProcess(postmaster: number): Promise<number> {
	for (;;) {
		for (const pid of await processesOf(postmaster)) {
			try {
				if (/^postgres: startup/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))) return pid;
			} catch {
				// It has ended since the list was made.
			}
		}
	}
}
