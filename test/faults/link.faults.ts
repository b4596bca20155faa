import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { ask, parseExposition } from '../metrics/scrape.ts';
import { makeCertificate } from '../postgres/connect-certificates.ts';
import { applyMigrations } from '../support/apply-migrations.ts';
import { createDatabase, useDatabase } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { startProxy } from '../support/proxy.ts';
import { isLive, isLost, keyLatencyMs, longestKeyMs, openConsole, quit } from './open-console.ts';

vi.setConfig({ testTimeout: 120_000 });

const database = useDatabase();
const folder = mkdtempSync(join(tmpdir(), 'tidemark-link-'));
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(() => rmSync(folder, { recursive: true }));

it('a connection that is half open: lost with the next question, and found again', async () => {
	const proxy = await startProxy(database.url);
	cleanups.push(() => proxy.close());
	await using pty = openConsole(proxy.url);
	await pty.waitFor(isLive);
	// Nobody new is let in, so that what is said of it can be read in peace.
	proxy.refuse(true);
	proxy.forget();
	await pty.waitFor(isLost(/broke|reset|closed/));
	proxy.refuse(false);
	await pty.waitFor(isLive);
	expect(proxy.connections().most).toBeLessThanOrEqual(2);
	expect(await keyLatencyMs(pty)).toBeLessThan(longestKeyMs);
	await quit(pty);
});

const authority = makeCertificate({ name: 'Tidemark test authority' });
const stranger = makeCertificate({ name: 'Another authority' });

/** Takes the request for TLS as Postgres does, shows a certificate, and passes on what follows. */
async function encrypted({ cert, key }: { readonly cert: string; readonly key: string }) {
	const upstream = new URL(database.url);
	const server = createServer((socket) => {
		socket.on('error', () => {});
		socket.once('data', () => {
			socket.write('S');
			const secure = new TLSSocket(socket, { isServer: true, cert, key });
			secure.on('error', () => socket.destroy());
			const backend = dial(Number(upstream.port), upstream.hostname);
			backend.on('error', () => secure.destroy());
			secure.on('close', () => backend.destroy());
			secure.pipe(backend).pipe(secure);
		});
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	cleanups.push(() => server.close());
	const url = new URL(database.url);
	url.port = String((server.address() as AddressInfo).port);
	const root = join(folder, 'authority.crt');
	writeFileSync(root, authority.cert);
	return (mode: string) => `${url.href}?sslmode=${mode}&sslrootcert=${root}`;
}

const hosts = ['127.0.0.1', 'localhost'];
it.each([
	[
		'expired',
		makeCertificate({ name: 'db', hosts, validUntil: '20210101000000Z' }, authority),
		/expired/,
	],
	["another's", makeCertificate({ name: 'db', hosts: ['db.test'] }, authority), /127\.0\.0\.1/],
	['signed by a stranger', makeCertificate({ name: 'db', hosts }, stranger), /certificate/],
])('a certificate that is %s: not let near, and said why', async (_, certificate, why) => {
	const url = await encrypted(certificate);
	await using pty = openConsole(url('verify-full'));
	const { text } = await pty.waitFor(({ text: shown }) => /next try|again in/i.test(shown));
	expect(text).toMatch(why);
	expect(text).toMatch(/TLS|certificate/);
	expect(await keyLatencyMs(pty)).toBeLessThan(longestKeyMs);
	await quit(pty);
});

it('a certificate that is right is let in', async () => {
	const url = await encrypted(makeCertificate({ name: 'db', hosts }, authority));
	await using pty = openConsole(url('verify-full'));
	await pty.waitFor(isLive);
	await quit(pty);
});

it('a new version of the schema, migrated in under it', async () => {
	const empty = await createDatabase({ template: 'empty' });
	cleanups.push(() => empty.drop());
	await using pty = openConsole(empty.url, { flags: ['--interval', '1s'], deadlineMs: 60_000 });
	await pty.waitFor((screen) => isLive(screen) && !screen.text.includes('1 Tasks'));
	await applyMigrations(empty.url);
	// Nobody presses a key: what exists is looked up again by itself.
	await pty.waitFor((screen) =>
		['1 Tasks', '3 Rollups', '6 Leases'].every((title) => screen.text.includes(title)),
	);
	expect(pty.screen().text).not.toMatch(/failed/);
	await quit(pty);
});

it('a link of 1 KB/s: frames are dropped and not queued, and what comes last is what is', async () => {
	const port = await freePort();
	await using pty = openConsole(database.url, {
		columns: 200,
		rows: 50,
		flags: ['--interval', '250ms', '--metrics', String(port), '--cache-ttl', '500ms'],
	});
	await pty.waitFor(isLive);
	const before = pty.output().length;
	const started = performance.now();
	const seconds = 20;
	for (let frame = 0; performance.now() - started < seconds * 1000; frame++) {
		// Each new size is a whole new screen of several KB.
		pty.resize(200 - (frame % 2), 50);
		const taken = pty.output().length - before;
		if (taken > ((performance.now() - started) / 1000) * 1024) pty.hold();
		else pty.release();
		await pause(50);
		if (frame % 20 !== 0) continue;
		const { body } = await ask(port, '/metrics');
		expect(parseExposition(body).of('tidemark_up')).toEqual({ '': 1 });
		expect(parseExposition(body).of('tidemark_last_sample_age_seconds')['']).toBeLessThan(3);
	}
	const during = pty.output().length - before;
	pty.resize(120, 40);
	pty.release();
	await pty.waitFor((screen) => isLive(screen) && screen.text.includes('6 Leases'));
	const after = pty.output().length - before - during;
	expect(await keyLatencyMs(pty)).toBeLessThan(longestKeyMs);
	console.info(
		`1 KB/s for ${seconds} s: ${during} bytes taken, ${after} more until all is current`,
	);
	// Hundreds of screens were drawn; what was on its way is a few.
	expect(during + after).toBeLessThan(200_000);
	await quit(pty);
});

it('connecting to a server that was never there: said, with the next try', async () => {
	const nowhere = new URL(database.url);
	nowhere.port = String(await freePort());
	await using pty = openConsole(nowhere.href);
	await pty.waitFor(({ text }) => /refused/.test(text));
	expect(isLost(/refused/)(pty.screen()) || /next try|trying/.test(pty.screen().text)).toBe(true);
	await quit(pty);
});
