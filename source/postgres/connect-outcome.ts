import {
	classifyConnectFailure,
	connectSentence,
	detailOf,
	hostAndPort,
} from '../connect-failure.ts';
import { type ConnectFailureClass, sqlstateOf, TidemarkError } from '../errors.ts';
import { AttemptError } from './connect-socket.ts';
import type { Target, TargetHost } from './target-type.ts';

/** Puts what one attempt threw into words that name this one host. */
export function asConnectError(error: unknown, target: Target, host: TargetHost): TidemarkError {
	if (error instanceof TidemarkError) return error;
	const known = error instanceof AttemptError ? error : undefined;
	const failure = known?.failure ?? classifyConnectFailure(error);
	const { database, user } = target;
	const place = { hosts: [host], database, user };
	const sentence = connectSentence(failure, place, detailOf(error), known?.advice);
	return new TidemarkError('connect', sentence, { failure, cause: error });
}

/** Whether the next host or address would only say the same, or must not be tried with the password. */
export function isFinal(error: TidemarkError): boolean {
	if (error.failure === 'starting-up' || error.failure === 'shutting-down') return false;
	return error.failure === 'tls' || error.failure === 'password' || error.sqlstate !== undefined;
}

/** Whether a failure says that the other kind of connection (plain, encrypted) may be let in. */
export function isEncryptionRefused(error: unknown, isTlsOffered: boolean): boolean {
	if (!(error instanceof AttemptError)) return false;
	// The handshake itself; or no line in pg_hba.conf for this kind of connection. A wrong password
	// is not sent a second time, the less so in plain text; libpq would.
	if (isTlsOffered && error.failure === 'tls') return true;
	return error.tls === isTlsOffered && sqlstateOf(error) === '28000';
}

/** Whether a pooler refused `options` in the startup packet (PgBouncer's words and code). */
export function isOptionRefused(error: unknown): boolean {
	const isViolation = sqlstateOf(error) === '08P01';
	return isViolation && /unsupported startup parameter/i.test((error as Error).message);
}

/** Later in this list is nearer to a session, and so tells more when several hosts failed. */
const byTelling: readonly ConnectFailureClass[] = [
	'name',
	'unreachable',
	'refused',
	'timeout',
	'lost',
	'not-postgres',
	'shutting-down',
	'starting-up',
	'other',
	'pooler',
	'too-many-connections',
	'tls',
	'no-such-database',
	'authorization',
	'password',
];

/** One error for all hosts that failed: the class of the most telling, a sentence that names each. */
export function combined(failures: readonly TidemarkError[], target: Target): TidemarkError {
	const different = [...new Map(failures.map((error) => [error.message, error])).values()];
	const most = different.reduce((best, error) => (rank(error) > rank(best) ? error : best));
	if (different.length === 1) return most;
	const places = [...new Set(target.hosts.map(hostAndPort))].join(', ');
	const sentences = different.map((error) => error.message).join(' ');
	return new TidemarkError('connect', `None of ${places} serves: ${sentences}`, {
		failure: most.failure ?? 'other',
		sqlstate: most.sqlstate,
		cause: new AggregateError(different),
	});
}

function rank(error: TidemarkError): number {
	return byTelling.indexOf(error.failure ?? 'other');
}
