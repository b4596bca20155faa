import { type ConnectFailureClass, sqlstateOf, sqlstates, TidemarkError } from './errors.ts';

/** What is named of the place one tried to reach; any `Target` fits. No password in it. */
export interface FailedTarget {
	readonly hosts: readonly { readonly host: string; readonly port: number }[];
	readonly database: string;
	readonly user: string;
}

/** A failure put in words: the class to colour and count by, the sentence to show. */
export interface ConnectFailure {
	readonly class: ConnectFailureClass;
	/** One sentence, one line, no control characters: what, where (host, port, database, user), what to do. */
	readonly sentence: string;
}

/**
 * Puts any error that a connection attempt, or a connection's loss, can throw into a class and a
 * sentence. An error of connect() already has both; a raw driver or system error is judged here.
 */
export function describeConnectFailure(error: unknown, target: FailedTarget): ConnectFailure {
	if (error instanceof TidemarkError && error.kind === 'connect' && error.failure) {
		return { class: error.failure, sentence: oneLine(error.message) };
	}
	const failure = classifyConnectFailure(error);
	return { class: failure, sentence: connectSentence(failure, target, detailOf(error)) };
}

const classOfSystemCode: Readonly<Record<string, ConnectFailureClass>> = {
	ENOTFOUND: 'name',
	EAI_AGAIN: 'name',
	EAI_FAIL: 'name',
	EAI_NODATA: 'name',
	EAI_NONAME: 'name',
	ECONNREFUSED: 'refused',
	// A unix socket: no file, nobody behind it, not ours to open.
	ENOENT: 'refused',
	ENOTSOCK: 'refused',
	EACCES: 'refused',
	EPERM: 'refused',
	ETIMEDOUT: 'timeout',
	EHOSTUNREACH: 'unreachable',
	ENETUNREACH: 'unreachable',
	EHOSTDOWN: 'unreachable',
	ENETDOWN: 'unreachable',
	EADDRNOTAVAIL: 'unreachable',
	ECONNRESET: 'lost',
	ECONNABORTED: 'lost',
	EPIPE: 'lost',
	EPROTO: 'tls',
};

/** The class of a raw driver or system error. */
export function classifyConnectFailure(error: unknown): ConnectFailureClass {
	if (error instanceof TidemarkError && error.failure) return error.failure;
	const sqlstate = sqlstateOf(error);
	const message = messageOf(error);
	if (sqlstate !== undefined) return classOfSqlstate(sqlstate, message);
	const code = String((error as { code?: unknown } | null | undefined)?.code ?? '');
	const known = classOfSystemCode[code];
	if (known) return known;
	if (/^ERR_(TLS|SSL|OSSL)|CERT|SIGNATURE|ISSUER/.test(code)) return 'tls';
	if (/SASL|SCRAM|password/i.test(message)) return 'password';
	if (/timeout expired|timed? ?out/i.test(message)) return 'timeout';
	if (/connection (was )?(terminated|closed|ended)|not queryable/i.test(message)) return 'lost';
	if (/received invalid response/i.test(message)) return 'not-postgres';
	return 'other';
}

function classOfSqlstate(sqlstate: string, message: string): ConnectFailureClass {
	if (sqlstate === '28P01') return 'password';
	if (sqlstate === '28000' || sqlstate === '42501') return 'authorization';
	if (sqlstate === '3D000') return 'no-such-database';
	// object_not_in_prerequisite_state: a database that takes no connections, as before a rename.
	if (sqlstate === '55000' && /accepting connections/i.test(message)) return 'authorization';
	if (sqlstate === '53300') return 'too-many-connections';
	// cannot_connect_now says both "starting up" and "shutting down"; only the words differ.
	if (sqlstate === '57P03') return /shutting down/i.test(message) ? 'shutting-down' : 'starting-up';
	if (sqlstates.serverGone.has(sqlstate)) return 'shutting-down';
	if (sqlstate === '08P01') return classOfPoolerMessage(message);
	if (sqlstates.connectionGone.has(sqlstate)) return 'lost';
	return 'other';
}

/** PgBouncer answers nearly everything with 08P01; its words tell what it means. */
function classOfPoolerMessage(message: string): ConnectFailureClass {
	if (/no such database|does not exist/i.test(message)) return 'no-such-database';
	if (/no more connections|too many connections/i.test(message)) return 'too-many-connections';
	if (/auth|password/i.test(message)) return 'password';
	if (/shut(ting)? ?down/i.test(message)) return 'shutting-down';
	return 'pooler';
}

/** Something to do, by class; the end of each sentence. */
const advices: Readonly<Record<ConnectFailureClass, string>> = {
	name: 'check the host name, DNS or the VPN',
	refused: 'check host and port, and that the server runs',
	timeout: 'check host and port; a firewall may drop the packets',
	unreachable: 'check the network or the VPN',
	tls: 'check sslmode and the certificates',
	password: 'check user and password',
	authorization: 'check pg_hba.conf and the rights of the role',
	'no-such-database': 'check the name of the database',
	'too-many-connections': 'end idle sessions, or raise the limit',
	'starting-up': 'it is starting up or recovering; wait for it',
	'shutting-down': 'wait for it to come back',
	lost: "check the network and the server's log",
	'not-postgres': 'check host and port',
	pooler: "check its settings, or use the server's own port",
	other: "see the server's log",
};

/**
 * The sentence of a class.
 * @param detail what the server or the system said, or empty
 * @param advice instead of the usual one of the class
 */
export function connectSentence(
	failure: ConnectFailureClass,
	target: FailedTarget,
	detail: string,
	advice = advices[failure],
): string {
	const place = target.hosts.map(hostAndPort).join(', ');
	const isLocal = target.hosts.every((host) => isSocketPath(host.host));
	const happened: Record<ConnectFailureClass, string> = {
		name: `No address found for ${place}`,
		refused: isLocal ? `No server answers at ${place}` : `Connection refused by ${place}`,
		timeout: `No answer from ${place} in time`,
		unreachable: `No route to ${place}`,
		tls: `TLS with ${place} failed`,
		password: `Login at ${place} failed`,
		authorization: `Not let in at ${place}`,
		'no-such-database': `No such database at ${place}`,
		'too-many-connections': `No connection slot free at ${place}`,
		'starting-up': `The server at ${place} takes no connections yet`,
		'shutting-down': `The server at ${place} is shutting down, or ended the session`,
		lost: `The connection to ${place} broke`,
		'not-postgres': `What answers at ${place} does not speak Postgres`,
		pooler: `The pooler at ${place} refused the session`,
		other: `Cannot use ${place}`,
	};
	// Where the class says it all, the system's words would only repeat it.
	const isSaid = ['name', 'refused', 'no-such-database'].includes(failure) || detail === '';
	const login = `database ${target.database}, user ${target.user}${isSaid ? '' : `; ${detail}`}`;
	return oneLine(`${happened[failure]} (${login}): ${advice}.`);
}

/** `db-1:5432`, `[::1]:5432`, or for a unix socket the path of its file. */
export function hostAndPort(host: { readonly host: string; readonly port: number }): string {
	if (isSocketPath(host.host)) return `${host.host.replace(/\/$/, '')}/.s.PGSQL.${host.port}`;
	return host.host.includes(':') ? `[${host.host}]:${host.port}` : `${host.host}:${host.port}`;
}

/** libpq's rule: a host that starts with a slash is a directory, with an at sign an abstract socket. */
export function isSocketPath(host: string): boolean {
	return host.startsWith('/') || host.startsWith('@');
}

/** What an error says for itself, for the brackets of a sentence: one line, without its full stop. */
export function detailOf(error: unknown): string {
	return oneLine(messageOf(error))
		.replace(/[.\s]+$/, '')
		.slice(0, 300);
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error ?? '');
}

/** A server's words may hold anything; a sentence stays one line of plain characters. */
function oneLine(text: string): string {
	return text
		.slice(0, 2000)
		.replace(/\s+/g, ' ')
		.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, '·')
		.trim();
}
