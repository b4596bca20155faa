import { hasSqlstate, sqlstates } from '../errors.ts';
import { sanitise } from '../lib/text.ts';
import { type Connected, connect } from '../postgres/connect.ts';
import type { Target } from '../postgres/target-type.ts';
import { ActionError, refused } from './action-error.ts';

/** How a transaction of an action is bounded. */
export type TransactionOptions = {
	/** The server cancels a statement after this; 0: never. */
	readonly statementTimeoutMs: number;
	/** How long to wait for the lock of a row or a table; default 5 s. */
	readonly lockTimeoutMs?: number;
	/** One snapshot for all statements, as far as the functions called put up with it. */
	readonly isRepeatable?: boolean;
	readonly isReadOnly?: boolean;
};

/** What a query may be asked with; results are rows by column name. */
export type Query = <Row extends object>(
	sql: string,
	values?: readonly unknown[],
) => Promise<Row[]>;

const applicationName = 'tidemark-action';
const defaultLockTimeoutMs = 5000;

// Whatever becomes of this process, the server must find out and let go of the lock: a dead process
// by its closed socket, looked at during a statement too; a dead machine by keepalives.
const safetySettings = [
	`set idle_in_transaction_session_timeout = '60s'`,
	'set tcp_keepalives_idle = 10',
	'set tcp_keepalives_interval = 5',
	'set tcp_keepalives_count = 3',
];
const newerSettings = [
	// From version 14 on, and not on every system.
	`set client_connection_check_interval = '1s'`,
	// From 14 and 17 on: a server or a role may have limits that a pause or a long slice would meet.
	'set idle_session_timeout = 0',
	'set transaction_timeout = 0',
];

/** An action's own connection: holds the lock and does the work, so that neither outlives the other. */
export class ActionSession {
	readonly pid: number;
	readonly #target: Target;
	readonly #connected: Connected;
	readonly #ended = new AbortController();
	#lost: Error | undefined;
	#isClosing = false;

	private constructor(target: Target, connected: Connected, pid: number) {
		this.#target = target;
		this.#connected = connected;
		this.pid = pid;
		connected.client.on('error', (error) => this.#lose(error));
		connected.client.on('end', () => this.#lose(new Error('the server closed the connection')));
	}

	/**
	 * Connects.
	 * @throws TidemarkError of kind `connect`; an ActionError where a pooler stands in between, since a
	 * lock needs a session that stays one
	 */
	static async open(target: Target, signal?: AbortSignal): Promise<ActionSession> {
		const connected = await connect(target, {
			applicationName,
			startupOptions: `-c lock_timeout=${defaultLockTimeoutMs}`,
			...(signal && { signal }),
		});
		try {
			if (connected.pooled) throw refused(pooledSentence);
			const { client } = connected;
			for (const setting of safetySettings) await client.query(setting);
			for (const setting of newerSettings) await client.query(setting).catch(() => {});
			const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
			return new ActionSession(target, connected, rows[0]?.pid ?? 0);
		} catch (error) {
			connected.destroy();
			throw error;
		}
	}

	get isLost(): boolean {
		return this.#lost !== undefined;
	}

	/** Aborts when the connection is lost, with an ActionError of outcome `stopped`: for who only waits. */
	get lost(): AbortSignal {
		return this.#ended.signal;
	}

	/** One statement outside of a transaction. */
	query: Query = async <Row extends object>(sql: string, values?: readonly unknown[]) => {
		try {
			const { rows } = await this.#connected.client.query<Row>(sql, [...(values ?? [])]);
			return rows;
		} catch (error) {
			throw this.#isGone(error) ? this.#lostError(error) : error;
		}
	};

	/**
	 * Runs `work` in a transaction. Whatever it throws, nothing of it stays; aborting the signal cancels
	 * the statement in hand on the server.
	 * @throws the signal's reason; ActionError of outcome `stopped` when the connection was lost,
	 * `unknown` when it was lost during the commit
	 */
	async transaction<T>(
		options: TransactionOptions,
		work: (query: Query) => Promise<T>,
		signal?: AbortSignal,
	): Promise<T> {
		signal?.throwIfAborted();
		let canceling: Promise<void> | undefined;
		const cancel = () => {
			canceling = this.cancel();
		};
		signal?.addEventListener('abort', cancel, { once: true });
		// Between two statements there is nothing that a cancel would meet.
		const query: Query = async <Row extends object>(sql: string, values?: readonly unknown[]) => {
			signal?.throwIfAborted();
			return this.query<Row>(sql, values);
		};
		try {
			await query(beginSql(options));
			const result = await work(query);
			signal?.throwIfAborted();
			await this.#commit();
			return result;
		} catch (error) {
			await canceling;
			if (!this.isLost) await this.query('rollback').catch(() => {});
			if (signal?.aborted && !(error instanceof ActionError)) throw signal.reason;
			throw error;
		} finally {
			signal?.removeEventListener('abort', cancel);
			// One that comes late must not meet what is asked next.
			await canceling;
		}
	}

	async #commit(): Promise<void> {
		try {
			await this.query('commit');
		} catch (error) {
			if (!this.isLost) throw error;
			throw new ActionError('unknown', lostInCommit, { cause: error });
		}
	}

	/** Cancels the statement in hand, by a second connection that is gone at once. */
	async cancel(): Promise<void> {
		if (this.isLost || this.#isClosing) return;
		try {
			const { client } = await connect(this.#target, { applicationName });
			await client.query('select pg_cancel_backend($1)', [this.pid]).finally(() => client.end());
		} catch {
			// No second connection to be had: the server sees the closed socket, and rolls back.
			this.#connected.destroy();
		}
	}

	/** Ends the session, and with it whatever lock it holds. */
	async close(): Promise<void> {
		this.#isClosing = true;
		if (this.isLost) return this.#connected.destroy();
		await this.#connected.client.end().catch(() => this.#connected.destroy());
	}

	#lose(error: Error): void {
		this.#lost ??= error;
		this.#ended.abort(this.#lostError(error));
	}

	#isGone(error: unknown): boolean {
		// A FATAL answer comes a moment before the socket closes.
		const isFatal = (error as { severity?: string }).severity === 'FATAL';
		if (isFatal || this.#connected.client.connection.stream.destroyed) this.#lose(error as Error);
		return this.isLost;
	}

	#lostError(error: unknown): ActionError {
		const reason = sanitise(this.#lost ?? error).replace(/\.$/, '');
		const sentence = `The connection was lost (${reason}): the server rolls back what was in hand and frees the lock.`;
		return new ActionError('stopped', sentence, { cause: error });
	}
}

const beginSql = (options: TransactionOptions): string =>
	[
		`begin isolation level ${options.isRepeatable ? 'repeatable read' : 'read committed'} ${options.isReadOnly ? 'read only' : 'read write'}`,
		`set local statement_timeout = ${Math.trunc(options.statementTimeoutMs)}`,
		`set local lock_timeout = ${options.lockTimeoutMs ?? defaultLockTimeoutMs}`,
		// For a few seconds of work: what compiling takes is never won back.
		'set local jit = off',
		`set local work_mem = '64MB'`,
	].join(';');

const lostInCommit =
	'The connection was lost while committing: whether the last transaction was kept is not known; tidemark verify tells.';

const pooledSentence =
	'A pooler stands between tidemark and the server, and a lock needs a session of its own: name the server itself.';

/** Whether the server cancelled for its time limit, or somebody did. */
export const isCanceled = (error: unknown): boolean => hasSqlstate(error, sqlstates.queryCanceled);
