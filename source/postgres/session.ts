import type { Socket } from 'node:net';
import type { Client } from 'pg';
import { TidemarkError } from '../errors.ts';
import { KeptStatements } from './kept-statements.ts';
import { type Answer, type Message, send, sessionSettings } from './message.ts';

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
	/** Has the server parse and plan anew what it keeps, each at its next use. */
	replan(): void;
	/** Says goodbye and resolves when the socket is closed. */
	close(): Promise<void>;
};

/** Beyond its statement timeout, a message may stay unanswered this long before the line counts as dead. */
export const graceMs = 3000;

/** How long a goodbye waits for the server to close its side; a living one takes a few ms. */
const goodbyeMs = 300;

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
	const statements = new KeptStatements(isPooled);
	return {
		gone: watchdog.gone,
		async run(messages) {
			if (messages.length === 0) return [];
			// Corked, the messages leave in as few segments as they fit.
			client.connection.stream.cork();
			const answers = messages.map((message) =>
				watchdog.watch(send(client, message, statements), message.timeoutMs),
			);
			process.nextTick(() => client.connection.stream.uncork());
			return watchdog.orThrow(await Promise.all(answers));
		},
		async ask<Row>(sql: string, values: readonly unknown[]) {
			const timeoutMs = Number(sessionSettings.statement_timeout);
			const result = await watchdog.watch(client.query(sql, [...values]), timeoutMs);
			return result.rows[0] as Row;
		},
		replan: () => statements.doubtAll(),
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
		this.#timer = setTimeout(() => this.#expire(first), first + graceMs);
	}

	/**
	 * It may be us who stood still: suspended, stopped, starved. Then the timer is due before what has
	 * come meanwhile is read, so there is one turn to read it.
	 */
	#expire(timeoutMs: number): void {
		const stream = this.#client.connection.stream as Socket;
		const { bytesRead } = stream;
		const armed = this.#timer;
		setImmediate(() => {
			// An answer that was complete has set a new timer, or none.
			if (this.#timer !== armed) return;
			if (stream.bytesRead > bytesRead) {
				this.#arm();
				return;
			}
			const seconds = Math.round((timeoutMs + graceMs) / 1000);
			const sentence = `${this.#where} has not answered for ${seconds} s: the server is frozen, or the network drops what is sent`;
			this.#lose(new TidemarkError('connect', sentence, { failure: 'timeout' }));
		});
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
