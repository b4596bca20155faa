import type { Client, QueryResult } from 'pg';
import { TidemarkError } from '../errors.ts';
import type { WireRow } from './decode.ts';
import { wireTypes } from './decode.ts';

/** One read-only query to send. */
export type Message = {
	readonly sql: string;
	/** The server cancels it after this long: SQLSTATE 57014. */
	readonly timeoutMs: number;
};

/** What a message brought back. */
export type Answer =
	| {
			readonly kind: 'rows';
			readonly rows: readonly WireRow[];
			readonly fieldNames: readonly string[];
			/** Server clock when it finished, in ms since the epoch. */
			readonly at: number;
			/** How long the server worked on the message, by its own clock, in ms. */
			readonly serverMs: number;
	  }
	| { readonly kind: 'error'; readonly error: Error; readonly tookMs: number };

/** A connection that only reads, in pipeline mode. */
export type Session = {
	/** Settles when the connection is gone, with the reason; never rejects. */
	readonly gone: Promise<Error>;
	/**
	 * Sends all messages at once, in one network round trip, each a read-only transaction of its own.
	 * An error in one leaves the others alone.
	 * @returns the answers in the order of the messages
	 * @throws TidemarkError of kind `connect` when the connection is lost, or silent for too long
	 */
	run(messages: readonly Message[]): Promise<readonly Answer[]>;
	/** One parametrised query with JSON values already parsed; same bounds as {@link run}. */
	ask<Row>(sql: string, values: readonly unknown[]): Promise<Row>;
	/** Says goodbye and resolves when the socket is closed. */
	close(): Promise<void>;
};

/** Beyond its statement timeout, a message may stay unanswered this long before the line counts as dead. */
export const graceMs = 3000;

/** How long a goodbye waits for the server to close its side; a living one takes a few ms. */
const goodbyeMs = 300;

const timing =
	'select extract(epoch from clock_timestamp())::float8 * 1000 as at, extract(epoch from clock_timestamp() - statement_timestamp())::float8 * 1000 as server_ms';

/** Startup settings that bound whatever this session does, before any message says so itself. */
export const sessionSettings = {
	default_transaction_read_only: 'on',
	statement_timeout: '2000',
	lock_timeout: '250',
	idle_in_transaction_session_timeout: '5000',
	// For queries of a few ms a compiler or a second process costs more than it saves.
	jit: 'off',
	max_parallel_workers_per_gather: '0',
} as const;

/** What a message must say itself where a pooler has taken no settings for the session. */
const settingsBehindPooler = (
	['lock_timeout', 'jit', 'max_parallel_workers_per_gather'] as const
).map((name) => `set local ${name} = ${sessionSettings[name]}`);

/** A role or a database may have settings of its own for how values are written; these we can read. */
const plainForms = ['set local datestyle = iso', 'set local extra_float_digits = 1'];

const guarded = ({ sql, timeoutMs }: Message, isPooled: boolean): string =>
	[
		'set transaction read only',
		`set local statement_timeout = ${Math.max(1, Math.trunc(timeoutMs))}`,
		...(isPooled ? settingsBehindPooler : []),
		...plainForms,
		// The line end closes a comment that the query may end with.
		`${sql}\n`,
		timing,
	].join(';');

/** What a session must know of its connection. */
export type SessionFacts = {
	/** How the server is called when it falls silent, such as `app@db-1/multica`. */
	readonly where: string;
	/** A transaction pooler has taken no {@link sessionSettings}. */
	readonly isPooled: boolean;
};

/** Wraps a connected client (made with `pipeline: true`) into a session. */
export function createSession(client: Client, { where, isPooled }: SessionFacts): Session {
	const watchdog = new Watchdog(client, where);
	return {
		gone: watchdog.gone,
		async run(messages) {
			if (messages.length === 0) return [];
			// Corked, the messages leave in as few segments as they fit.
			client.connection.stream.cork();
			const answers = messages.map((message) =>
				watchdog.watch(send(client, guarded(message, isPooled)), message.timeoutMs),
			);
			process.nextTick(() => client.connection.stream.uncork());
			return watchdog.orThrow(await Promise.all(answers));
		},
		async ask<Row>(sql: string, values: readonly unknown[]) {
			const timeoutMs = Number(sessionSettings.statement_timeout);
			const result = await watchdog.watch(client.query(sql, [...values]), timeoutMs);
			return result.rows[0] as Row;
		},
		async close() {
			watchdog.stop();
			const { stream } = client.connection;
			const closed = new Promise<void>((resolve) => {
				if (stream.destroyed) resolve();
				else stream.once('close', () => resolve());
			});
			client.end().catch(() => {});
			if (!watchdog.isIdle) stream.destroy();
			// A frozen server hears no goodbye, and would never close its side.
			const impatience = setTimeout(() => stream.destroy(), goodbyeMs);
			await closed;
			clearTimeout(impatience);
		},
	};
}

async function send(client: Client, text: string): Promise<Answer> {
	const started = performance.now();
	try {
		// Several statements in one text give several results, which the driver's types don't know.
		const query = { text, types: wireTypes } as never;
		const results = (await client.query(query)) as unknown as QueryResult<Record<string, string>>[];
		const [rows, clock] = results.slice(-2);
		const { at, server_ms: serverMs } = clock?.rows[0] ?? {};
		return {
			kind: 'rows',
			rows: rows?.rows ?? [],
			fieldNames: (rows?.fields ?? []).map((field) => field.name),
			at: Number(at),
			serverMs: Number(serverMs),
		};
	} catch (error) {
		return { kind: 'error', error: error as Error, tookMs: performance.now() - started };
	}
}

/**
 * Ends a connection on which nothing has arrived for longer than the message in hand may take.
 * Answers come in the order of the messages, so each one that arrives starts the clock of the next.
 */
class Watchdog {
	readonly gone: Promise<Error>;
	readonly #client: Client;
	readonly #where: string;
	readonly #pending = new Map<symbol, number>();
	#timer: NodeJS.Timeout | undefined;
	#lost: Error | undefined;
	#resolveGone: (error: Error) => void = () => {};

	constructor(client: Client, where: string) {
		this.#client = client;
		this.#where = where;
		this.gone = new Promise((resolve) => {
			this.#resolveGone = resolve;
		});
		client.on('error', (error) => this.#lose(error));
		client.on('end', () => this.#lose(new Error('the server closed the connection')));
	}

	get isIdle(): boolean {
		return this.#pending.size === 0;
	}

	async watch<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
		const key = Symbol('message');
		this.#pending.set(key, timeoutMs);
		if (this.#timer === undefined) this.#arm();
		try {
			return await work;
		} finally {
			this.#pending.delete(key);
			this.#arm();
		}
	}

	/** The answers, unless the connection ended under them: then all of them mean only that. */
	orThrow(answers: readonly Answer[]): readonly Answer[] {
		// A FATAL answer ends the connection too, but the socket may close a moment later.
		const fatal = answers.find((answer) => answer.kind === 'error' && isFatal(answer.error)) as
			| { error: Error }
			| undefined;
		if (fatal) this.#lose(fatal.error);
		if (this.#lost) throw this.#lost;
		return answers;
	}

	stop(): void {
		clearTimeout(this.#timer);
	}

	#arm(): void {
		this.stop();
		this.#timer = undefined;
		const [first] = this.#pending.values();
		if (first === undefined || this.#lost) return;
		this.#timer = setTimeout(() => {
			const seconds = Math.round((first + graceMs) / 1000);
			const sentence = `${this.#where} has not answered for ${seconds} s: the server is frozen, or the network drops what is sent`;
			this.#lose(new TidemarkError('connect', sentence, { failure: 'timeout' }));
		}, first + graceMs);
	}

	#lose(error: Error): void {
		if (this.#lost) return;
		this.#lost = error;
		this.stop();
		this.#client.connection.stream.destroy();
		this.#resolveGone(error);
	}
}

const isFatal = (error: Error & { severity?: string }): boolean =>
	error.severity === 'FATAL' || error.severity === 'PANIC';
