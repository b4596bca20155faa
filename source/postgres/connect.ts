import type { Client } from 'pg';
import { isSocketPath } from '../connect-failure.ts';
import type { TidemarkError } from '../errors.ts';
import { type LoginOptions, logIn } from './connect-login.ts';
import {
	asConnectError,
	combined,
	isEncryptionRefused,
	isFinal,
	isOptionRefused,
} from './connect-outcome.ts';
import { roleMismatch, sessionPasses } from './connect-role.ts';
import { AttemptError, addressesOf, type Encryption } from './connect-socket.ts';
import type { Target, TargetHost } from './target-type.ts';

/** What a connection may be asked for. */
export interface ConnectOptions {
	/** Default `tidemark`. */
	readonly applicationName?: string;
	/** Server options such as `-c lock_timeout=100`; follow those of the target and so win over them. */
	readonly startupOptions?: string;
	/** pg's pipeline mode; default off. */
	readonly pipeline?: boolean;
	/** Ends the attempt: the socket is destroyed at once, connect() rejects with the signal's reason. Without effect afterwards. */
	readonly signal?: AbortSignal;
	/** Instead of the target's, for each address tried; 0 waits for ever. */
	readonly connectTimeoutMs?: number;
}

/** A connection that is ready for queries, and how it came about. */
export interface Connected {
	/** Its `error` events are heard by nobody yet; one listener that does nothing keeps the process alive. */
	readonly client: Client;
	/** A pooler stands between and took no startup options: none is in force. */
	readonly pooled: boolean;
	readonly tls: boolean;
	readonly host: string;
	readonly port: number;
	/** What the server reports by itself (`server_version`, `in_hot_standby` from 14 on, …), kept up to date. */
	readonly parameters: ReadonlyMap<string, string>;
	/** Closes the socket at once, without a goodbye; `client.end()` is the polite way. */
	destroy(): void;
}

/**
 * Connects as libpq would: hosts and their addresses in order, one after the other, until one
 * serves. There is never more than one socket: a failed one is destroyed before the next opens.
 * An answer that another host would give too (password, rights, database, TLS) ends the search.
 * @throws TidemarkError of kind `connect`; the signal's reason when it aborts.
 */
export async function connect(target: Target, options: ConnectOptions = {}): Promise<Connected> {
	const failures: TidemarkError[] = [];
	const hosts = target.shuffleHosts ? shuffled(target.hosts) : target.hosts;
	for (const wanted of sessionPasses(target.targetSessionAttrs)) {
		for (const host of hosts) {
			try {
				return await connectHost({ target, host, options, wanted });
			} catch (error) {
				options.signal?.throwIfAborted();
				const failure = asConnectError(error, target, host);
				failures.push(failure);
				if (isFinal(failure)) throw combined(failures, target);
			}
		}
	}
	throw combined(failures, target);
}

interface HostAttempt {
	readonly target: Target;
	readonly host: TargetHost;
	readonly options: ConnectOptions;
	readonly wanted: Target['targetSessionAttrs'];
}

async function connectHost(attempt: HostAttempt): Promise<Connected> {
	const { target, host } = attempt;
	const addresses = await withDeadline(attempt, () => addressesOf(host));
	let last: unknown;
	for (const address of addresses) {
		try {
			return await connectAddress(attempt, address);
		} catch (error) {
			attempt.options.signal?.throwIfAborted();
			last = error;
			if (isFinal(asConnectError(error, target, host))) break;
		}
	}
	throw last;
}

/** One address: the encryptions its sslmode allows, then the role of the server. */
async function connectAddress(attempt: HostAttempt, address: string): Promise<Connected> {
	const { mode } = attempt.target.ssl;
	if (isSocketPath(address) || mode === 'disable') return withOptions(attempt, address, 'plain');
	if (mode === 'allow') {
		return withOptions(attempt, address, 'plain').catch((error: unknown) => {
			if (!isEncryptionRefused(error, false)) throw error;
			return withOptions(attempt, address, 'tls');
		});
	}
	if (mode === 'prefer') {
		return withOptions(attempt, address, 'offer').catch((error: unknown) => {
			if (!isEncryptionRefused(error, true)) throw error;
			return withOptions(attempt, address, 'plain');
		});
	}
	return withOptions(attempt, address, 'tls');
}

/** PgBouncer refuses `options` as a startup parameter; then once more without. */
async function withOptions(
	attempt: HostAttempt,
	address: string,
	encryption: Encryption,
): Promise<Connected> {
	const { target, options } = attempt;
	const startupOptions = [target.options, options.startupOptions ?? ''].join(' ').trim();
	try {
		return await once(attempt, address, encryption, startupOptions);
	} catch (error) {
		if (startupOptions === '' || !isOptionRefused(error)) throw error;
		return { ...(await once(attempt, address, encryption, '')), pooled: true };
	}
}

async function once(
	attempt: HostAttempt,
	address: string,
	encryption: Encryption,
	startupOptions: string,
): Promise<Connected> {
	const { target, host, options, wanted } = attempt;
	const login: LoginOptions = {
		applicationName: options.applicationName ?? 'tidemark',
		startupOptions,
		pipeline: options.pipeline ?? false,
	};
	const { client, tls, parameters, destroy } = await withDeadline(attempt, async (signal) => {
		const made = await logIn(target, host, address, encryption, login, signal);
		const mismatch = await roleMismatch(made, wanted);
		if (mismatch === undefined) return made;
		made.destroy();
		throw new AttemptError('other', mismatch, { advice: 'name another host, or ask for any' });
	});
	const pooled = areOptionsIgnored(startupOptions, parameters);
	return { client, pooled, tls, host: host.host, port: host.port, parameters, destroy };
}

/** Runs one attempt with a signal that aborts at its deadline or when the caller's does. */
async function withDeadline<T>(
	{ target, options }: HostAttempt,
	run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
	const timeoutMs = options.connectTimeoutMs ?? target.connectTimeoutMs;
	const controller = new AbortController();
	const late = new AttemptError('timeout', `no answer within ${timeoutMs / 1000} s`);
	const timer = timeoutMs > 0 ? setTimeout(() => controller.abort(late), timeoutMs) : undefined;
	const follow = () => controller.abort(options.signal?.reason);
	options.signal?.addEventListener('abort', follow);
	if (options.signal?.aborted) follow();
	const { signal } = controller;
	try {
		signal.throwIfAborted();
		// A name lookup can't be aborted, only left behind.
		const aborted = new Promise<never>((_, reject) => {
			signal.addEventListener('abort', () => reject(signal.reason));
		});
		return await Promise.race([run(signal), aborted]);
	} finally {
		clearTimeout(timer);
		options.signal?.removeEventListener('abort', follow);
	}
}

/** PgBouncer can be told to swallow options (ignore_startup_parameters); the server's report tells. */
function areOptionsIgnored(
	startupOptions: string,
	parameters: ReadonlyMap<string, string>,
): boolean {
	const isReadOnlyAsked = /default_transaction_read_only=(on|true|1|yes)\b/.test(startupOptions);
	return isReadOnlyAsked && parameters.get('default_transaction_read_only') === 'off';
}

/** Fisher and Yates; for load_balance_hosts=random. */
function shuffled<T>(items: readonly T[]): T[] {
	const result = [...items];
	for (let last = result.length - 1; last > 0; last--) {
		const other = Math.floor(Math.random() * (last + 1));
		[result[last], result[other]] = [result[other] as T, result[last] as T];
	}
	return result;
}
