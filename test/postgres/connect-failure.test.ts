import { describe, expect, it } from 'vitest';
import {
	describeConnectFailure,
	faultsError,
	hasSqlstate,
	sqlstateOf,
	sqlstates,
	TidemarkError,
} from '../../source/errors.ts';

const target = { hosts: [{ host: 'db-1', port: 5432 }], database: 'multica', user: 'app' };
const system = (code: string, message = code) => Object.assign(new Error(message), { code });
const server = (code: string, message: string) =>
	Object.assign(new Error(message), { code, severity: 'FATAL' });

describe('describeConnectFailure', () => {
	it.each([
		['name', system('ENOTFOUND')],
		['name', system('EAI_AGAIN')],
		['refused', system('ECONNREFUSED')],
		['refused', system('ENOENT')],
		['timeout', system('ETIMEDOUT')],
		['unreachable', system('EHOSTUNREACH')],
		['unreachable', system('ENETUNREACH')],
		['lost', system('ECONNRESET')],
		['lost', system('EPIPE')],
		['lost', new Error('Connection terminated unexpectedly')],
		['lost', new Error('Client was closed and is not queryable')],
		['tls', system('DEPTH_ZERO_SELF_SIGNED_CERT')],
		['tls', system('ERR_TLS_CERT_ALTNAME_INVALID')],
		['tls', system('UNABLE_TO_VERIFY_LEAF_SIGNATURE')],
		['password', new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string')],
		['not-postgres', new Error('received invalid response: 48')],
		['password', server('28P01', 'password authentication failed for user "app"')],
		['authorization', server('28000', 'no pg_hba.conf entry for host')],
		['authorization', server('42501', 'permission denied for database')],
		['no-such-database', server('3D000', 'database "multica" does not exist')],
		['too-many-connections', server('53300', 'sorry, too many clients already')],
		['starting-up', server('57P03', 'the database system is starting up')],
		['shutting-down', server('57P03', 'the database system is shutting down')],
		['shutting-down', server('57P01', 'terminating connection due to administrator command')],
		['other', server('XX000', 'internal')],
		['other', undefined],
		['other', 'a string'],
	])('%s: %s', (failure, error) => {
		const described = describeConnectFailure(error, target);
		expect(described.class).toBe(failure);
		expect(described.sentence).toMatch(/^[^\n]*db-1:5432[^\n]*database multica, user app[^\n]*\.$/);
	});

	it('takes an error of connect() as it is', () => {
		const error = new TidemarkError('connect', 'In words.', { failure: 'pooler' });
		expect(describeConnectFailure(error, target)).toEqual({
			class: 'pooler',
			sentence: 'In words.',
		});
	});

	it('lets no text of a server touch the terminal', () => {
		const words = '\x1b]0;owned\x07\x9b2J\r\nFATAL \u202egnp.exe\u2066 '.repeat(3000);
		const { sentence } = describeConnectFailure(server('XX000', words), target);
		expect(sentence).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
		expect(sentence.length).toBeLessThan(600);
	});

	it('names a socket by its file and an IPv6 address in brackets', () => {
		const hosts = [
			{ host: '/tmp', port: 5432 },
			{ host: '::1', port: 6432 },
		];
		expect(describeConnectFailure(system('ETIMEDOUT'), { ...target, hosts }).sentence).toContain(
			'/tmp/.s.PGSQL.5432, [::1]:6432',
		);
	});
});

describe('TidemarkError', () => {
	it('has the SQLSTATE of what caused it, however deep', () => {
		const inner = new TidemarkError('query', 'Cancelled.', { cause: server('57014', 'canceling') });
		const outer = new Error('outer', { cause: inner });
		expect(inner).toMatchObject({ kind: 'query', sqlstate: '57014', sqlstateClass: '57' });
		expect(sqlstateOf(outer)).toBe('57014');
		expect(hasSqlstate(outer, sqlstates.queryCanceled)).toBe(true);
		expect(hasSqlstate(outer, sqlstates.readOnly)).toBe(false);
	});

	it('takes no system code for a SQLSTATE', () => {
		expect(sqlstateOf(system('EPIPE'))).toBeUndefined();
		expect(sqlstateOf(undefined)).toBeUndefined();
		expect(new TidemarkError('decode', 'No.').sqlstateClass).toBeUndefined();
	});

	it('ends with causes that go in a circle', () => {
		const error = new Error('a');
		error.cause = new Error('b', { cause: error });
		expect(sqlstateOf(error)).toBeUndefined();
	});

	it('holds every fault', () => {
		const error = faultsError('config', ['One.', 'Two.']);
		expect(error).toMatchObject({
			kind: 'config',
			message: 'One.\nTwo.',
			faults: ['One.', 'Two.'],
		});
	});
});
