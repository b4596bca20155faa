import { isSocketPath } from '../connect-failure.ts';
import { sanitise } from '../lib/text.ts';
import type { Reader } from './target-build.ts';
import { defaultSocketDirectories } from './target-password-file.ts';
import type { TargetHost } from './target-type.ts';

/** The server's usual port. */
export const defaultPort = 5432;

/**
 * The hosts to try: the lists of `host`, `hostaddr` and `port` side by side; one port serves all,
 * an empty port is the usual one, an empty host the socket in libpq's default directories.
 */
export function buildHosts(reader: Reader): readonly TargetHost[] {
	const names = listOf(reader.text('host', ''));
	const addresses = listOf(reader.text('hostaddr', ''));
	const ports = listOf(reader.text('port', ''));
	const count = Math.max(names.length, addresses.length, 1);
	if (names.length > 0 && addresses.length > 0 && names.length !== addresses.length) {
		reader.fault(
			`host${reader.from('host')} names ${names.length} hosts, hostaddr${reader.from('hostaddr')} ${addresses.length}: they go in pairs.`,
		);
	}
	if (ports.length > 1 && ports.length !== count) {
		reader.fault(
			`port${reader.from('port')} lists ${ports.length} ports for ${count} hosts: write one for all, or one for each.`,
		);
	}
	const hosts: TargetHost[] = [];
	for (let index = 0; index < count; index++) {
		const port = readPort((ports.length > 1 ? ports[index] : ports[0]) ?? '', reader);
		const address = addresses[index] ?? '';
		const name = (names[index] ?? '') || address;
		for (const host of name === '' ? localHosts() : [name]) {
			hosts.push(Object.freeze({ host, port, ...(address === '' ? {} : { address }) }));
		}
	}
	return Object.freeze(hosts);
}

function listOf(text: string): string[] {
	return text === '' ? [] : text.split(',').map((entry) => entry.trim());
}

function localHosts(): readonly string[] {
	return process.platform === 'win32' ? ['localhost'] : defaultSocketDirectories;
}

function readPort(text: string, reader: Reader): number {
	if (text === '') return defaultPort;
	const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
	if (port >= 1 && port <= 65_535) return port;
	const origin = reader.from('port');
	// The text itself stays out: in a URL with a stray slash it is a piece of the password.
	const hint = origin.includes('PGPORT')
		? '.'
		: '; in a URL, write / as %2F and : as %3A in a user name or password.';
	reader.fault(`port${origin} is not a number from 1 to 65535${hint}`);
	return defaultPort;
}

/** `app@db-1/multica`, with the port if it is not the usual one; a local socket is `[local]`, as in psql's prompt. */
export function labelOf(hosts: readonly TargetHost[], database: string, user: string): string {
	const places = hosts.map(({ host, port }) => {
		const suffix = port === defaultPort ? '' : `:${port}`;
		if (defaultSocketDirectories.includes(host)) return `[local]${suffix}`;
		if (isSocketPath(host)) return `[local:${host}]${suffix}`;
		return host.includes(':') ? `[${host}]${suffix}` : `${host}${suffix}`;
	});
	return sanitise(`${user}@${[...new Set(places)].join(',')}/${database}`);
}
