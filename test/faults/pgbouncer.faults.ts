import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { isLive, isLost, keyLatencyMs, longestKeyMs, openConsole, quit } from './open-console.ts';

const database = useDatabase();
const folder = mkdtempSync(join(tmpdir(), 'tidemark-pooler-'));
let pooler: ChildProcess | undefined;
let url: URL;

/** Starts Debian's PgBouncer in transaction mode before the run's server. */
async function start(port: number): Promise<ChildProcess> {
	const { hostname, port: upstream, username, password } = new URL(database.url);
	// It logs on with what it is given; whoever asks it is let in.
	const secret = decodeURIComponent(password).replaceAll("'", "''");
	const config = `[databases]
${database.name} = host=${hostname} port=${upstream} user=${username} password='${secret}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
`;
	writeFileSync(join(folder, 'pgbouncer.ini'), config, { mode: 0o644 });
	chmodSync(folder, 0o755);
	// It refuses to run as root.
	const child = spawn('pgbouncer', ['-u', 'nobody', join(folder, 'pgbouncer.ini')], {
		stdio: ['ignore', 'ignore', 'pipe'],
		env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
	});
	let log = '';
	child.stderr?.on('data', (chunk) => {
		log += chunk;
	});
	await new Promise<void>((resolve, reject) => {
		child.on('error', reject);
		child.once('exit', () => reject(new Error(`pgbouncer ended: ${log}`)));
		child.stderr?.on('data', () => /process up/.test(log) && resolve());
	});
	return child;
}

beforeAll(async () => {
	const port = await freePort();
	pooler = await start(port);
	url = new URL(database.url);
	url.host = `127.0.0.1:${port}`;
	url.password = '';
});
afterEach(() => expect(pooler?.exitCode).toBe(null));
afterAll(async () => {
	if (pooler?.exitCode === null) {
		const gone = once(pooler, 'exit');
		pooler.kill('SIGKILL');
		await gone;
	}
	rmSync(folder, { recursive: true });
});

it('shows everything through it, and leaves no setting and no statement behind for the next in the pool', async () => {
	const flags = ['--interval', '250ms'];
	await using pty = openConsole(url.href, { flags });
	await pty.waitFor((screen) => isLive(screen) && screen.text.includes('6 Leases'));
	// All of the pool's sessions serve others in turn, while the console samples.
	const client = new pg.Client(url.href);
	await client.connect();
	for (let round = 0; round < 50; round++) {
		const { rows } = await client.query(
			`select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
			current_setting('transaction_read_only') as read_only, current_setting('jit') as jit,
			(select count(*)::int from pg_prepared_statements) as kept`,
		);
		expect(rows).toEqual([{ statement: '0', lock: '0', read_only: 'off', jit: 'on', kept: 0 }]);
	}
	await client.end();
	// What runs once a minute has to wait for a session of the pool as well.
	await pty.waitFor((screen) => isLive(screen) && !screen.text.includes('◌ '));
	expect(pty.screen().text).not.toContain('failed');
	expect(await keyLatencyMs(pty)).toBeLessThan(longestKeyMs);
	await quit(pty);
});

it('a pooler that is killed and started again', async () => {
	await using pty = openConsole(url.href);
	await pty.waitFor(isLive);
	pooler?.kill('SIGKILL');
	await pty.waitFor(isLost(/refused/));
	pooler = await start(Number(url.port));
	await pty.waitFor(isLive);
	await quit(pty);
});
