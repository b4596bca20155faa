import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { defaultCacheFolder } from '../../source/demo/cache-folder.ts';
import { type EmbeddedServer, startEmbedded } from '../../source/demo/embedded.ts';
import { serverAccount } from '../../source/demo/server-account.ts';
import type { TidemarkError } from '../../source/errors.ts';
import { type Connected, connect } from '../../source/postgres/connect.ts';
import { resolveTargets } from '../../source/postgres/target.ts';
import { systemTargetInput } from '../../source/postgres/target-files.ts';
import { startProxy } from '../support/proxy.ts';
import { makeCertificate } from './connect-certificates.ts';

const authority = makeCertificate({ name: 'Tidemark test authority' });
const stranger = makeCertificate({ name: 'Another authority' });
const serverCertificate = makeCertificate(
	{ name: 'db.test', hosts: ['db.test', 'localhost'] },
	authority,
);
const clientCertificate = makeCertificate({ name: 'by_certificate' }, authority);

// Roles that are let in by one kind of connection only; a refusal is 28000.
const hba = `
local   all  by_socket                    trust
hostssl all  by_certificate  127.0.0.1/32 cert
hostssl all  only_encrypted  127.0.0.1/32 scram-sha-256
hostnossl all only_plain     127.0.0.1/32 scram-sha-256
host    all  trusted         127.0.0.1/32 trust
host    all  tidemark        127.0.0.1/32 scram-sha-256
`;

let folder: string;
let sockets: string;
let server: EmbeddedServer;
const cleanUps: (() => Promise<unknown>)[] = [];
const cleanAtEnd: string[] = [];

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'tidemark-tls-'));
	await chmod(folder, 0o711);
	const account = await serverAccount();
	const put = async (name: string, text: string, isServers = false) => {
		const path = join(folder, name);
		await writeFile(path, text, { mode: 0o600 });
		if (isServers && account) await chown(path, account.uid, account.gid);
		return path;
	};
	await put('authority.crt', authority.cert);
	await put('stranger.crt', stranger.cert);
	await put('client.crt', clientCertificate.cert);
	await put('client.key', clientCertificate.key);
	sockets = await mkdtemp(join(tmpdir(), 'tidemark-socket-'));
	if (account) await chown(sockets, account.uid, account.gid);
	await chmod(sockets, 0o755);
	cleanAtEnd.push(sockets);
	server = await startEmbedded({
		folder: join(folder, 'server'),
		cacheFolder: defaultCacheFolder(),
		isPersistent: false,
		settings: {
			ssl: 'on',
			ssl_cert_file: await put('server.crt', serverCertificate.cert, true),
			ssl_key_file: await put('server.key', serverCertificate.key, true),
			ssl_ca_file: await put('server-ca.crt', authority.cert, true),
			hba_file: await put('hba.conf', hba, true),
			unix_socket_directories: sockets,
			fsync: 'off',
			shared_buffers: '16MB',
			max_connections: 20,
		},
	});
	const { client } = await open();
	const password = decodeURIComponent(new URL(server.url()).password);
	for (const role of ['by_socket', 'by_certificate', 'trusted', 'only_encrypted', 'only_plain']) {
		await client.query(`create role ${role} login password '${password}'`);
	}
	await client.end();
});

afterEach(async () => {
	for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

afterAll(async () => {
	await server?.stop();
	for (const path of [folder, ...cleanAtEnd]) await rm(path, { recursive: true, force: true });
});

interface Given {
	readonly user?: string;
	readonly host?: string;
	/** The port of a proxy. */
	readonly port?: number;
	readonly password?: string;
	/** The directory of the server's socket, instead of host and port. */
	readonly socket?: string;
	/** Without ~/.postgresql unless a folder is named. */
	readonly home?: string;
	readonly [parameter: string]: string | number | undefined;
}

function open({
	user,
	host,
	port,
	password,
	socket,
	home,
	...parameters
}: Given = {}): Promise<Connected> {
	const url = new URL(server.url());
	if (user) url.username = user;
	if (host) url.hostname = host;
	if (port) url.port = String(port);
	if (socket) url.searchParams.set('host', socket);
	if (password !== undefined) url.password = password;
	for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value));
	const input = { ...systemTargetInput(url.href), env: {}, homeDirectory: home ?? '/nonexistent' };
	return connect(resolveTargets(input));
}

/** Connects and says how: over TLS or not, verified or not; as the server and as Node see it. */
async function outcome(given: Given): Promise<string> {
	let connected: Connected;
	try {
		connected = await open(given);
	} catch (error) {
		return `${(error as TidemarkError).failure}: ${(error as TidemarkError).message}`;
	}
	const { client, tls } = connected;
	cleanUps.push(() => client.end());
	const { rows } = await client.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
	expect(rows).toEqual([{ ssl: tls }]);
	const { authorized } = client.connection.stream as TLSSocket;
	return tls ? (authorized ? 'verified' : 'encrypted') : 'plain';
}

const crt = (name: string) => join(folder, `${name}.crt`);

describe('sslmode', () => {
	it.each([
		['disable', 'plain'],
		['allow', 'plain'],
		['prefer', 'encrypted'],
		['require', 'encrypted'],
	])('%s is %s', async (sslmode, expected) => {
		expect(await outcome({ sslmode })).toBe(expected);
	});

	it('verifies whenever there is a root certificate', async () => {
		const sslrootcert = crt('authority');
		expect(await outcome({ sslmode: 'require', sslrootcert })).toBe('verified');
		expect(await outcome({ sslmode: 'prefer', sslrootcert })).toBe('verified');
		expect(await outcome({ sslmode: 'verify-ca', sslrootcert })).toBe('verified');
	});

	it.each(['require', 'verify-ca', 'verify-full'])(
		'%s refuses another authority’s certificate',
		async (sslmode) => {
			const found = await outcome({ sslmode, sslrootcert: crt('stranger'), host: 'localhost' });
			expect(found).toMatch(/^tls: TLS with localhost:\d+ failed .*certificate/);
		},
	);

	it('prefer goes on in plain text when the certificate is not to be trusted, as in libpq', async () => {
		expect(await outcome({ sslmode: 'prefer', sslrootcert: crt('stranger') })).toBe('plain');
	});

	it('verify-full wants the name, verify-ca does not', async () => {
		const sslrootcert = crt('authority');
		expect(await outcome({ sslmode: 'verify-full', sslrootcert, host: 'localhost' })).toBe(
			'verified',
		);
		expect(await outcome({ sslmode: 'verify-full', sslrootcert })).toMatch(/^tls: .*127\.0\.0\.1/);
		expect(await outcome({ sslmode: 'verify-ca', sslrootcert })).toBe('verified');
	});

	it('verify-full compares the host when the address is given apart', async () => {
		const given = { sslmode: 'verify-full', sslrootcert: crt('authority'), hostaddr: '127.0.0.1' };
		expect(await outcome({ ...given, host: 'db.test' })).toBe('verified');
		expect(await outcome({ ...given, host: 'other.test' })).toMatch(/^tls: .*other\.test/);
	});

	it('verify-full does not take the system’s word for a private authority', async () => {
		expect(await outcome({ sslrootcert: 'system', host: 'localhost' })).toMatch(/^tls: /);
	});

	it('verify-ca says which root certificate is missing', async () => {
		const found = await outcome({ sslmode: 'verify-ca', sslrootcert: '/nonexistent/root.crt' });
		expect(found).toContain('needs a root certificate and /nonexistent/root.crt does not exist');
	});

	it('finds the root certificate at home', async () => {
		const home = await mkdtemp(join(tmpdir(), 'tidemark-home-'));
		cleanAtEnd.push(home);
		await mkdir(join(home, '.postgresql'));
		await writeFile(join(home, '.postgresql', 'root.crt'), authority.cert);
		expect(await outcome({ sslmode: 'require', home })).toBe('verified');
	});

	it('allow and prefer change over when the server lets in the other kind only', async () => {
		expect(await outcome({ sslmode: 'allow', user: 'only_encrypted' })).toBe('encrypted');
		expect(await outcome({ sslmode: 'prefer', user: 'only_plain' })).toBe('plain');
		expect(await outcome({ sslmode: 'disable', user: 'only_encrypted' })).toMatch(
			/^authorization: /,
		);
		expect(await outcome({ sslmode: 'require', user: 'only_plain' })).toMatch(/^authorization: /);
	});

	it('may begin with TLS at once', async () => {
		expect(await outcome({ sslmode: 'require', sslnegotiation: 'direct' })).toBe('encrypted');
	});

	it('keeps to the versions that are asked for', async () => {
		const { client } = await open({ sslmode: 'require', ssl_max_protocol_version: 'TLSv1.2' });
		cleanUps.push(() => client.end());
		expect((client.connection.stream as TLSSocket).getProtocol()).toBe('TLSv1.2');
	});

	it('means nothing on a unix socket', async () => {
		const socket = sockets;
		expect(await outcome({ sslmode: 'require', user: 'by_socket', socket })).toBe('plain');
	});
});

describe('a client certificate', () => {
	const given = { user: 'by_certificate', sslmode: 'require', password: '' };
	const files = () => ({ sslcert: crt('client'), sslkey: join(folder, 'client.key') });

	it('logs in without a password', async () => {
		expect(await outcome({ ...given, ...files() })).toBe('encrypted');
	});

	it('is missed', async () => {
		expect(await outcome(given)).toMatch(/^authorization: .*certificate/);
		expect(await outcome({ ...given, ...files(), sslcertmode: 'disable' })).toMatch(
			/^authorization: /,
		);
		expect(await outcome({ ...given, sslcertmode: 'require' })).toMatch(/^tls: .*does not exist/);
	});

	it('needs its key, and that for its owner alone', async () => {
		expect(await outcome({ ...given, ...files(), sslkey: '/nonexistent' })).toMatch(
			/^tls: .*its private key \/nonexistent is not/,
		);
		await chmod(files().sslkey, 0o644);
		cleanUps.push(() => chmod(files().sslkey, 0o600));
		expect(await outcome({ ...given, ...files() })).toMatch(/^tls: .*run chmod 600 on it/);
	});

	it('must be one', async () => {
		expect(await outcome({ ...given, ...files(), sslcert: join(folder, 'client.key') })).toMatch(
			/^tls: /,
		);
	});
});

describe('a password', () => {
	it('that is wrong is sent once, over TLS, and not again in plain text', async () => {
		const proxy = await startProxy(server.url());
		cleanUps.push(() => proxy.close());
		const port = Number(new URL(proxy.url).port);
		const found = await outcome({ sslmode: 'prefer', password: 'wrong', port });
		expect(found).toMatch(
			/^password: Login at 127\.0\.0\.1:\d+ failed .*password authentication failed/,
		);
		expect(proxy.connections().total).toBe(1);
	});

	it('that is missing is asked for', async () => {
		expect(await outcome({ password: '' })).toMatch(
			/^password: .*none was given\): set PGPASSWORD, or add a line to ~\/\.pgpass\.$/,
		);
	});

	it('can be bound to the TLS channel', async () => {
		expect(await outcome({ sslmode: 'require', channel_binding: 'require' })).toBe('encrypted');
		expect(await outcome({ sslmode: 'disable', channel_binding: 'require' })).toMatch(
			/^tls: .*no authentication bound to TLS/,
		);
		// Not even a wrong one is sent, and a server that asks for none is not believed.
		const bound = { channel_binding: 'require', password: 'wrong' };
		expect(await outcome({ ...bound, sslmode: 'disable' })).toMatch(/^tls: /);
		expect(await outcome({ ...bound, sslmode: 'require', user: 'trusted' })).toMatch(/^tls: /);
	});
});

describe('a server that shuts down', () => {
	it('says so to whoever comes now', async () => {
		const { client } = await open();
		process.kill(server.pid, 'SIGTERM');
		// The first to be refused tells that the signal has arrived.
		let found = await outcome({});
		while (found === 'encrypted') found = await outcome({});
		expect(found).toMatch(/^shutting-down: .*the database system is shutting down/);
		await client.end();
	});
});
