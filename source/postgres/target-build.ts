import type { Settings, TargetInput } from './target.ts';
import { buildHosts, labelOf } from './target-hosts.ts';
import { type Keyword, refusedParameters } from './target-keywords.ts';
import { findPassword, readPasswordFile } from './target-password-file.ts';
import { buildSsl } from './target-ssl.ts';
import { rememberPassword, sessionAttrs, type Target, type TargetHost } from './target-type.ts';

/** libpq waits for ever unless told; a console that shows why it waits should not. */
const defaultConnectTimeoutS = 10;
/** The kernel's two hours are too long to learn that a peer has gone. */
const defaultKeepaliveIdleS = 10;

/** Reads single values, and notes each fault in one sentence. */
export interface Reader {
	/** The value, or the default if none was given. */
	text(keyword: Keyword, otherwise: string): string;
	/** One of a list; empty counts as not given. */
	choice<T extends string>(keyword: Keyword, choices: readonly T[], otherwise: T): T;
	/** A whole number. */
	integer(keyword: Keyword, otherwise: number): number;
	fault(sentence: string): void;
	/** ` (from PGPORT)`, for a sentence. */
	from(keyword: Keyword): string;
}

/** Makes the target of what was gathered; undefined when there is nothing to make it of. */
export function buildTarget(
	settings: Settings,
	input: TargetInput,
	faults: string[],
): Target | undefined {
	const reader = createReader(settings, faults);
	checkRefused(settings, reader);
	const user = reader.text('user', '') || input.userName;
	if (user === '')
		reader.fault('No role is named: set PGUSER or write postgres://ROLE@HOST/DATABASE.');
	const database = reader.text('dbname', '') || user;
	const hosts = buildHosts(reader);
	const passwords = assignPasswords(hosts, { database, user, settings, input });
	const connectTimeoutS = reader.integer('connect_timeout', defaultConnectTimeoutS);
	const idleS = reader.integer('keepalives_idle', 0) || defaultKeepaliveIdleS;
	const target: Target = {
		hosts,
		database,
		user,
		ssl: buildSsl(reader, settings, input.homeDirectory),
		channelBinding: reader.choice('channel_binding', ['disable', 'prefer', 'require'], 'prefer'),
		connectTimeoutMs: Math.max(0, connectTimeoutS) * 1000,
		targetSessionAttrs: reader.choice('target_session_attrs', sessionAttrs, 'any'),
		shuffleHosts:
			reader.choice('load_balance_hosts', ['disable', 'random'], 'disable') === 'random',
		keepaliveIdleMs: reader.integer('keepalives', 1) === 0 ? 0 : idleS * 1000,
		options: reader.text('options', ''),
		label: labelOf(hosts, database, user),
		origins: Object.freeze(originsOf(settings, passwords.path)),
		warnings: Object.freeze(passwords.warnings),
	};
	return Object.freeze(target);
}

function createReader(settings: Settings, faults: string[]): Reader {
	const given = (keyword: Keyword) => settings.get(keyword)?.value.trim() ?? '';
	const from = (keyword: Keyword) => ` (from ${settings.get(keyword)?.origin ?? 'default'})`;
	return {
		from,
		fault: (sentence) => faults.push(sentence),
		text: (keyword, otherwise) => settings.get(keyword)?.value || otherwise,
		choice(keyword, choices, otherwise) {
			const value = given(keyword);
			const found = choices.find((choice) => choice === value);
			if (found === undefined && value !== '') {
				faults.push(
					`${keyword}${from(keyword)} is ${JSON.stringify(value.slice(0, 40))}: it can be ${choices.join(', ')}.`,
				);
			}
			return found ?? otherwise;
		},
		integer(keyword, otherwise) {
			const value = given(keyword);
			if (value === '') return otherwise;
			if (/^[+-]?\d{1,9}$/.test(value)) return Number(value);
			faults.push(
				`${keyword}${from(keyword)} is ${JSON.stringify(value.slice(0, 40))}: it must be a whole number.`,
			);
			return otherwise;
		},
	};
}

function checkRefused(settings: Settings, reader: Reader): void {
	for (const [name, isHarmless] of Object.entries(refusedParameters)) {
		const keyword = name as Keyword;
		const value = settings.get(keyword)?.value;
		if (value === undefined || isHarmless(value)) continue;
		reader.fault(
			`tidemark cannot keep what ${keyword}${reader.from(keyword)} asks for: remove it.`,
		);
	}
}

interface PasswordSearch {
	readonly database: string;
	readonly user: string;
	readonly settings: Settings;
	readonly input: TargetInput;
}

/** What came of looking for passwords. */
interface Passwords {
	/** The password file, if a password came from there. */
	readonly path: string | undefined;
	readonly warnings: readonly string[];
}

/** Ties each host to its password. */
function assignPasswords(hosts: readonly TargetHost[], search: PasswordSearch): Passwords {
	const { database, user, settings, input } = search;
	const given = settings.get('password')?.value;
	if (given) {
		for (const host of hosts) rememberPassword(host, given);
		return { path: undefined, warnings: [] };
	}
	const path = settings.get('passfile')?.value || `${input.homeDirectory}/.pgpass`;
	const { lines, warning } = readPasswordFile(path, input.readFile);
	let isFound = false;
	for (const host of hosts) {
		const password = findPassword(lines, host, database, user);
		if (password) rememberPassword(host, password);
		isFound ||= Boolean(password);
	}
	return { path: isFound ? path : undefined, warnings: warning === undefined ? [] : [warning] };
}

/** Where each parameter came from; those nobody gave are the defaults. */
function originsOf(settings: Settings, passwordFile: string | undefined): Record<string, string> {
	const origins: Record<string, string> = {};
	for (const keyword of ['host', 'port', 'dbname', 'user', 'sslmode'] as const) {
		origins[keyword] = 'default';
	}
	for (const [keyword, { value, origin }] of settings) {
		if (value !== '') origins[keyword] = origin;
	}
	if (passwordFile !== undefined) origins.password = passwordFile;
	return origins;
}
