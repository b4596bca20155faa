/**
 * The closed set of errors. They are made at the boundaries (config, catalog, connect, query,
 * decode, action) and nowhere else; each message is one sentence that says what happened, where,
 * and what to do. No message ever holds a password.
 */

export {
	type ConnectFailure,
	describeConnectFailure,
	type FailedTarget,
} from './connect-failure.ts';

/** The boundary that made an error. */
export type ErrorKind = 'config' | 'catalog' | 'connect' | 'query' | 'decode' | 'action';

/** Why a connection could not be had, or was lost; the console words and colours them apart. */
export type ConnectFailureClass =
	| 'name'
	| 'refused'
	| 'timeout'
	| 'unreachable'
	| 'tls'
	| 'password'
	| 'authorization'
	| 'no-such-database'
	| 'too-many-connections'
	| 'starting-up'
	| 'shutting-down'
	| 'lost'
	| 'not-postgres'
	| 'pooler'
	| 'other';

/** What an error may carry beyond its kind and sentence. */
export interface ErrorDetails {
	/** What was caught; a driver error, a system error, another TidemarkError. */
	readonly cause?: unknown;
	/** Five characters; taken from the cause when left out. */
	readonly sqlstate?: string | undefined;
	/** Kind `connect` only. */
	readonly failure?: ConnectFailureClass;
	/** Kinds `config` and `catalog`: every fault found, one sentence each. */
	readonly faults?: readonly string[];
}

/** The one error class; told apart by `kind`, then by `sqlstate` or `failure`. */
export class TidemarkError extends Error {
	override readonly name = 'TidemarkError';
	readonly kind: ErrorKind;
	/** What the server said, e.g. `57014`; undefined when no server spoke. */
	readonly sqlstate: string | undefined;
	/** The first two characters of `sqlstate`, e.g. `57` (operator intervention). */
	readonly sqlstateClass: string | undefined;
	readonly failure: ConnectFailureClass | undefined;
	readonly faults: readonly string[];

	constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
		super(message, 'cause' in details ? { cause: details.cause } : undefined);
		this.kind = kind;
		this.sqlstate = details.sqlstate ?? sqlstateOf(details.cause);
		this.sqlstateClass = this.sqlstate?.slice(0, 2);
		this.failure = details.failure;
		this.faults = details.faults ?? [];
	}
}

/** One error for any number of faults in what the user gave; the message is the faults, one a line. */
export function faultsError(
	kind: 'config' | 'catalog',
	faults: readonly string[],
	cause?: unknown,
): TidemarkError {
	const details = { faults: [...faults] };
	return new TidemarkError(
		kind,
		faults.join('\n'),
		cause === undefined ? details : { ...details, cause },
	);
}

/** The SQLSTATE of a driver error, or of whatever caused it; undefined when there is none. */
export function sqlstateOf(error: unknown): string | undefined {
	for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
		if (at instanceof TidemarkError && at.sqlstate !== undefined) return at.sqlstate;
		// A driver error carries the server's code beside a severity; a system error's `code`
		// (EPIPE, ENOENT) may have five letters too, but never a severity.
		const { code, severity } = at as { code?: unknown; severity?: unknown };
		if (typeof code === 'string' && typeof severity === 'string' && /^[0-9A-Z]{5}$/.test(code)) {
			return code;
		}
	}
	return undefined;
}

/**
 * SQLSTATE sets by the names we use for them. Codes are those of PostgreSQL's "Appendix A.
 * PostgreSQL Error Codes".
 */
export const sqlstates = {
	/** query_canceled: `statement_timeout`, or somebody's pg_cancel_backend. */
	queryCanceled: new Set(['57014']),
	/** lock_not_available: `lock_timeout`, or NOWAIT. */
	lockNotAvailable: new Set(['55P03']),
	/** read_only_sql_transaction: a write inside a read-only transaction or on a standby. */
	readOnly: new Set(['25006']),
	/** undefined_table, undefined_column, undefined_function, invalid_schema_name: not in this database. */
	undefinedObject: new Set(['42P01', '42703', '42883', '3F000']),
	/** insufficient_privilege. */
	insufficientPrivilege: new Set(['42501']),
	/** admin_shutdown, crash_shutdown, cannot_connect_now, idle_session_timeout: the server ended us, or will not start us. */
	serverGone: new Set(['57P01', '57P02', '57P03', '57P05']),
	/** too_many_connections. */
	tooManyConnections: new Set(['53300']),
	/** invalid_password, invalid_authorization_specification (no pg_hba.conf entry, no such role). */
	invalidPassword: new Set(['28P01', '28000']),
	/** invalid_catalog_name. */
	noSuchDatabase: new Set(['3D000']),
	/** protocol_violation: what a pooler says of a startup parameter it doesn't know, among others. */
	protocolViolation: new Set(['08P01']),
	/** in_failed_sql_transaction, no_active_sql_transaction: a message of ours ran in the wrong place. */
	failedTransaction: new Set(['25P02', '25P01']),
	/** connection_exception and its kin: the connection is gone or was never there. */
	connectionGone: new Set(['08000', '08001', '08003', '08004', '08006']),
	/** serialization_failure, deadlock_detected, and a standby's conflict with recovery: worth another try. */
	retryable: new Set(['40001', '40P01']),
} as const satisfies Record<string, ReadonlySet<string>>;

/** Whether the SQLSTATE of an error (or of its causes) is in a named set. */
export function hasSqlstate(error: unknown, set: ReadonlySet<string>): boolean {
	const code = sqlstateOf(error);
	return code !== undefined && set.has(code);
}
