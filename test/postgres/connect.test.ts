import { randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { describeConnectFailure, TidemarkError } from '../../source/errors.ts';
import { type Connected, type ConnectOptions, connect } from '../../source/postgres/connect.ts';
import { useDatabase } from '../support/database.ts';
import { startProxy } from '../support/proxy.ts';
import { targetOf } from '../support/target.ts';
import { closedPort, errorResponse, type Listener, listen, poolerTo } from './connect-listeners.ts';

const database = useDatabase({ template: 'empty' });
const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function open(url: string, options: ConnectOptions = {}): Promise<Connected> {
	const connected = await connect(targetOf(url), options);
	cleanUps.push(() => connected.client.end());
	return connected;
}

/** What connect() throws; the test fails if it doesn't. */
async function failureOf(url: string, options: ConnectOptions = {}): Promise<TidemarkError> {
	const error = await open(url, options).then(
		() => new Error('it connected'),
		(reason: unknown) => reason,
	);
	expect(error).toBeInstanceOf(TidemarkError);
	expect((error as TidemarkError).kind).toBe('connect');
	expect(describeConnectFailure(error, targetOf(url))).toEqual({
		class: (error as TidemarkError).failure,
		sentence: (error as TidemarkError).message,
	});
	expect((error as TidemarkError).message).not.toMatch(/[\n\r\x1b]/);
	return error as TidemarkError;
}

async function listener(serve?: Parameters<typeof listen>[0]): Promise<Listener> {
	const made = await listen(serve);
	cleanUps.push(() => made.close());
	return made;
}

/** The database's URL with parts changed. */
function urlWith(change: (url: URL) => void): string {
	const url = new URL(database.url);
	change(url);
	return url.href;
}

/** Several hosts, as only libpq's URLs have them; the login of the database's URL. */
function urlOf(places: readonly string[], parameters = ''): string {
	const { username, password, pathname } = new URL(database.url);
	return `postgres://${username}:${password}@${places.join(',')}${pathname}?${parameters}`;
}

/** Counts the sockets that this process opens, and those opened while an earlier one was still there. */
function watchSockets(): { readonly opened: number; readonly overlaps: number } {
	const sockets: Socket[] = [];
	const counts = { opened: 0, overlaps: 0 };
	const onSocket = (message: unknown) => {
		if (sockets.some((socket) => !socket.destroyed)) counts.overlaps += 1;
		sockets.push((message as { socket: Socket }).socket);
		counts.opened += 1;
	};
	subscribe('net.client.socket', onSocket);
	cleanUps.push(async () => unsubscribe('net.client.socket', onSocket));
	return counts;
}

const serverPlace = () => new URL(database.url).host;

describe('a connection', () => {
	it('carries our name and tells what it is', async () => {
		const url = new URL(database.url);
		const connected = await open(database.url);
		const { rows } = await connected.client.query(
			'select current_database() as name, application_name, client_addr is not null as tcp from pg_stat_activity where pid = pg_backend_pid()',
		);
		expect(rows).toEqual([{ name: database.name, application_name: 'tidemark', tcp: true }]);
		expect(connected).toMatchObject({ pooled: false, host: url.hostname, port: Number(url.port) });
		expect(connected.parameters.get('application_name')).toBe('tidemark');
		expect(connected.parameters.get('server_version')).toMatch(/^\d+/);
	});

	it('has the options that were asked for, ours after the user’s', async () => {
		const url = `${database.url}?options=-c%20lock_timeout%3D5s%20-c%20geqo%3Doff`;
		const startupOptions = '-c default_transaction_read_only=on -c lock_timeout=7s';
		const { client, pooled } = await open(url, { startupOptions, pipeline: true });
		expect(client.pipeline).toBe(true);
		expect(pooled).toBe(false);
		const { rows } = await client.query(
			`select name, setting from pg_settings where name in ('geqo', 'lock_timeout', 'default_transaction_read_only') order by 1`,
		);
		expect(rows.map((row) => row.setting)).toEqual(['on', 'off', '7000']);
	});

	it('takes nothing from the PG* variables that the target does not say', async () => {
		process.env.PGOPTIONS = '-c geqo=off';
		process.env.PGAPPNAME = 'other';
		process.env.PGSSLMODE = 'require';
		cleanUps.push(async () => {
			for (const name of ['PGOPTIONS', 'PGAPPNAME', 'PGSSLMODE']) delete process.env[name];
		});
		const { client } = await open(database.url);
		const { rows } = await client.query(
			`select current_setting('geqo') as geqo, current_setting('application_name') as name`,
		);
		expect(rows).toEqual([{ geqo: 'on', name: 'tidemark' }]);
	});

	it('keeps no password that could be printed', async () => {
		const { inspect } = await import('node:util');
		const connected = await open(database.url);
		const printed = inspect(connected, { showHidden: true, depth: 12 });
		expect(printed).not.toContain(
			decodeURIComponent(new URL(database.url).password) || 'no password',
		);
	});

	it('survives the loss of its server without ending the process', async () => {
		const { client } = await connect(targetOf(database.url));
		const ended = new Promise<void>((resolve) => client.once('end', resolve));
		const { rows } = await client.query('select pg_backend_pid() as pid');
		await database.rows('select pg_terminate_backend($1)', [rows[0].pid]);
		await ended;
	});
});

describe('a failure is told apart:', () => {
	it('refused', async () => {
		const port = await closedPort();
		const error = await failureOf(`postgres://app@127.0.0.1:${port}/x`);
		expect(error.failure).toBe('refused');
		expect(error.message).toBe(
			`Connection refused by 127.0.0.1:${port} (database x, user app): check host and port, and that the server runs.`,
		);
	});

	it('no socket', async () => {
		const error = await failureOf('postgres://app@/x?host=/nonexistent');
		expect(error.failure).toBe('refused');
		expect(error.message).toContain('No server answers at /nonexistent/.s.PGSQL.5432');
	});

	it('unknown host', async () => {
		const error = await failureOf('postgres://app@tidemark-test.invalid/x');
		expect(error.failure).toBe('name');
		expect(error.message).toContain('No address found for tidemark-test.invalid:5432');
	});

	it('no such database', async () => {
		const error = await failureOf(urlWith((url) => (url.pathname = '/tidemark_nowhere')));
		expect(error).toMatchObject({
			failure: 'no-such-database',
			sqlstate: '3D000',
			sqlstateClass: '3D',
		});
		expect(error.message).toContain('database tidemark_nowhere');
	});

	it.each([
		['nologin', '', 'authorization', '28000'],
		['login', 'connection limit 0', 'too-many-connections', '53300'],
		['login', '', 'authorization', '42501'],
	])('a role with %s %s: %s', async (login, limit, failure, sqlstate) => {
		const role = `tidemark_${randomBytes(4).toString('hex')}`;
		await database.rows(`create role ${role} ${login} ${limit} password 'secret'`);
		await database.rows(`revoke connect on database ${database.name} from public`);
		cleanUps.push(() => database.rows(`drop role ${role}`));
		const error = await failureOf(
			urlWith((url) => {
				url.username = role;
				url.password = 'secret';
			}),
		);
		expect(error).toMatchObject({ failure, sqlstate });
		expect(error.message).toContain(`user ${role}`);
		expect(error.message).not.toContain('secret');
	});

	it('no answer in time', async () => {
		const blackhole = await listener();
		const error = await failureOf(`postgres://app@127.0.0.1:${blackhole.port}/x`, {
			connectTimeoutMs: 60,
		});
		expect(error.failure).toBe('timeout');
		expect(error.message).toContain('no answer within 0.06 s');
		await blackhole.allClosed();
	});

	it('no answer in the time that the URL allows', async () => {
		const blackhole = await listener();
		const url = `postgres://app@127.0.0.1:${blackhole.port}/x?connect_timeout=1&sslmode=disable`;
		expect((await failureOf(url)).failure).toBe('timeout');
		await blackhole.allClosed();
	});

	it.each([
		['SSH', 'SSH-2.0-OpenSSH_9.2p1\r\n'],
		['MySQL', 'J\0\0\0\n8.0.36\0'],
		['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
		['an escape sequence', '\x1b]0;owned\x07'],
	])('%s instead of Postgres', async (_, words) => {
		const stranger = await listener((socket) => socket.write(words));
		for (const mode of ['disable', 'prefer', 'require']) {
			const error = await failureOf(`postgres://app@127.0.0.1:${stranger.port}/x?sslmode=${mode}`);
			expect([mode, error.failure]).toEqual([mode, 'not-postgres']);
		}
		await stranger.allClosed();
	});

	it('closed without a word', async () => {
		const mute = await listener((socket) => socket.once('data', () => socket.end()));
		for (const mode of ['disable', 'prefer', 'require']) {
			const error = await failureOf(`postgres://app@127.0.0.1:${mute.port}/x?sslmode=${mode}`);
			expect([mode, error.failure]).toEqual([mode, 'lost']);
		}
	});

	it('an error in place of an answer about TLS', async () => {
		const full = await listener((socket) => {
			socket.once('data', () => socket.end(errorResponse('53300', '\x1b[2Jtoo many')));
		});
		const error = await failureOf(`postgres://app@127.0.0.1:${full.port}/x?sslmode=require`);
		expect(error.failure).toBe('other');
		expect(error.message).toContain('refused before TLS could start');
	});

	it('no TLS where it is required', async () => {
		const plain = await listener((socket) => socket.once('data', () => socket.write('N')));
		const error = await failureOf(`postgres://app@127.0.0.1:${plain.port}/x?sslmode=require`);
		expect(error.failure).toBe('tls');
		expect(error.message).toContain('the server does not offer TLS');
	});
});

describe('an abort', () => {
	it('destroys the socket and rejects with its reason', async () => {
		const blackhole = await listener();
		const controller = new AbortController();
		const reason = new Error('quit');
		const attempt = connect(targetOf(`postgres://app@127.0.0.1:${blackhole.port}/x`), {
			signal: controller.signal,
		});
		void blackhole.reached.then(() => controller.abort(reason));
		await expect(attempt).rejects.toBe(reason);
		await blackhole.allClosed();
		expect(blackhole.total()).toBe(1);
	});

	it('before the start opens nothing', async () => {
		const blackhole = await listener();
		const url = `postgres://app@127.0.0.1:${blackhole.port}/x`;
		await expect(connect(targetOf(url), { signal: AbortSignal.abort(7) })).rejects.toBe(7);
		expect(blackhole.total()).toBe(0);
	});

	it('does not go on to the next host', async () => {
		const [first, second] = [await listener(), await listener()];
		const controller = new AbortController();
		void first.reached.then(() => controller.abort(new Error('quit')));
		const url = `postgres://app@127.0.0.1:${first.port},127.0.0.1:${second.port}/x`;
		await expect(connect(targetOf(url), { signal: controller.signal })).rejects.toThrow('quit');
		expect(second.total()).toBe(0);
	});

	it('and the deadline have no effect afterwards', async () => {
		const controller = new AbortController();
		const options = { signal: controller.signal, connectTimeoutMs: 300 };
		const { client } = await open(database.url, options);
		controller.abort();
		expect((await client.query('select 1 as one from pg_sleep(0.4)')).rows).toEqual([{ one: 1 }]);
	});
});

describe('several hosts', () => {
	it('are tried in order, one socket at a time, until one serves', async () => {
		const blackhole = await listener();
		const stranger = await listener((socket) => socket.write('hello\n'));
		const after = await listener();
		const order: string[] = [];
		void blackhole.reached.then(() => order.push('blackhole'));
		void stranger.reached.then(() => order.push('stranger'));
		const places = [await closedPort(), blackhole.port, stranger.port].map(
			(port) => `127.0.0.1:${port}`,
		);
		const watched = watchSockets();
		const url = urlOf([...places, serverPlace(), `127.0.0.1:${after.port}`]);
		const connected = await open(url, { connectTimeoutMs: 1000 });
		expect(`${connected.host}:${connected.port}`).toBe(serverPlace());
		expect(order).toEqual(['blackhole', 'stranger']);
		expect(after.total()).toBe(0);
		expect(watched).toMatchObject({ opened: 4, overlaps: 0 });
	});

	it('all failing are all named, and classed by the most telling', async () => {
		const [closed, stranger] = [await closedPort(), await listener((socket) => socket.write('hi'))];
		const error = await failureOf(
			`postgres://app@127.0.0.1:${closed},127.0.0.1:${stranger.port}/x`,
		);
		expect(error.failure).toBe('not-postgres');
		expect(error.message).toBe(
			`None of 127.0.0.1:${closed}, 127.0.0.1:${stranger.port} serves: Connection refused by 127.0.0.1:${closed} (database x, user app): check host and port, and that the server runs. What answers at 127.0.0.1:${stranger.port} does not speak Postgres (database x, user app; its answer to the request for TLS is not of the protocol): check host and port.`,
		);
	});

	it('are not tried after an answer that decides', async () => {
		const after = await listener();
		const { pathname } = new URL(database.url);
		const url = urlOf([serverPlace(), `127.0.0.1:${after.port}`]).replace(
			pathname,
			'/tidemark_nowhere',
		);
		expect((await failureOf(url)).failure).toBe('no-such-database');
		expect(after.total()).toBe(0);
	});

	it('may be any address of one name', async () => {
		// Where localhost is ::1 first, nobody listens there.
		const proxy = await startProxy(database.url);
		cleanUps.push(() => proxy.close());
		const connected = await open(proxy.url.replace('127.0.0.1', 'localhost'));
		expect(connected.host).toBe('localhost');
	});
});

describe('a pooler', () => {
	it('that refuses startup options is asked once more, without', async () => {
		const pooler = await poolerTo(database.url);
		cleanUps.push(() => pooler.close());
		const url = urlOf([`127.0.0.1:${pooler.port}`], 'sslmode=disable');
		const startupOptions = '-c default_transaction_read_only=on';
		const connected = await open(url, { startupOptions });
		expect(connected.pooled).toBe(true);
		expect(pooler.total()).toBe(2);
		const { rows } = await connected.client.query('show default_transaction_read_only');
		expect(rows).toEqual([{ default_transaction_read_only: 'off' }]);
		expect((await open(url)).pooled).toBe(false);
		expect(pooler.total()).toBe(3);
	});

	it.each([
		['no such database: x', 'no-such-database'],
		['database "x" does not exist', 'no-such-database'],
		['no more connections allowed (max_client_conn)', 'too-many-connections'],
		['password authentication failed', 'password'],
		['pgbouncer is shutting down', 'shutting-down'],
		['bad packet', 'pooler'],
	])('that says "%s" means %s', async (words, failure) => {
		const pooler = await listener((socket) => {
			socket.once('data', () => socket.end(errorResponse('08P01', words)));
		});
		const url = `postgres://app@127.0.0.1:${pooler.port}/x?sslmode=disable`;
		expect(await failureOf(url)).toMatchObject({ failure, sqlstate: '08P01' });
		expect(pooler.total()).toBe(1);
	});
});

describe('target_session_attrs', () => {
	it.each(['any', 'primary', 'read-write', 'prefer-standby'])(
		'%s takes a primary',
		async (wanted) => {
			const connected = await open(urlOf([serverPlace()], `target_session_attrs=${wanted}`), {
				startupOptions: '-c default_transaction_read_only=on',
			});
			expect(connected.parameters.get('in_hot_standby')).toBe('off');
		},
	);

	it.each(['standby', 'read-only'])('%s does not', async (wanted) => {
		const watched = watchSockets();
		const places = [serverPlace(), serverPlace()];
		const error = await failureOf(urlOf(places, `target_session_attrs=${wanted}`));
		expect(error.failure).toBe('other');
		expect(error.message).toContain(
			`it is a primary, and target_session_attrs asks for ${wanted}): name another host, or ask for any.`,
		);
		expect(watched).toMatchObject({ opened: 2, overlaps: 0 });
	});
});
