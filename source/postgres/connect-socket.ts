import { lookup } from 'node:dns/promises';
import { isIP, connect as openTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as openTls, type TLSSocket } from 'node:tls';
import { hostAndPort, isSocketPath } from '../connect-failure.ts';
import type { ConnectFailureClass } from '../errors.ts';
import type { Target, TargetHost } from './target-type.ts';
import { tlsOptions } from './tls.ts';

/**
 * `plain` never asks for TLS, `offer` takes TLS or a plain connection as the server likes, `tls`
 * takes nothing else.
 */
export type Encryption = 'plain' | 'offer' | 'tls';

/** A stream on which the startup packet may be sent next. */
export interface OpenStream {
	readonly stream: Socket | TLSSocket;
	readonly tls: boolean;
}

/** What is known of a failure beyond its class and words. */
export interface AttemptDetails {
	readonly cause?: unknown;
	/** Whether TLS was on when it happened. */
	readonly tls?: boolean;
	/** What to do about it, if that is not what its class says. */
	readonly advice?: string;
}

/** A failure whose class is known where it happened; connect() makes the sentence. */
export class AttemptError extends Error {
	readonly failure: ConnectFailureClass;
	readonly tls: boolean;
	readonly advice: string | undefined;
	constructor(failure: ConnectFailureClass, message: string, details: AttemptDetails = {}) {
		super(message, { cause: details.cause });
		this.failure = failure;
		this.tls = details.tls ?? false;
		this.advice = details.advice;
	}
}

/** SSLRequest: its length, then the code 1234 5679 ("Message Formats" of the protocol's manual). */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** Every address of a host, in the resolver's order; a socket's path and an IP address are their own. */
export async function addressesOf(host: TargetHost): Promise<string[]> {
	const name = host.address ?? host.host;
	if (isSocketPath(name) || isIP(name) !== 0) return [name];
	const found = await lookup(name, { all: true, order: 'verbatim' });
	return [...new Set(found.map((entry) => entry.address))];
}

/**
 * Opens a TCP or unix socket to one address and, if asked to, encrypts it. When the signal aborts,
 * the socket is destroyed at once and the promise rejects with the signal's reason.
 *
 * The negotiation is ours, not pg's, for three things pg cannot do: go on in plain text on the same
 * socket when the server has no TLS, tell what answers from a Postgres server, and be aborted.
 */
export async function openStream(
	target: Target,
	host: TargetHost,
	address: string,
	encryption: Encryption,
	signal: AbortSignal,
): Promise<OpenStream> {
	// Before the socket, so that a bad certificate file costs the server nothing.
	const secure = encryption === 'plain' ? undefined : await readTlsFiles(target, host, encryption);
	signal.throwIfAborted();
	const socket = isSocketPath(address)
		? openTcp({ path: socketFile({ host: address, port: host.port }) })
		: openTcp({ host: address, port: host.port });
	destroyOnAbort(socket, signal);
	try {
		await nextEvent(socket, 'connect', signal);
		socket.setNoDelay(true);
		if (target.keepaliveIdleMs > 0) socket.setKeepAlive(true, target.keepaliveIdleMs);
		const isAgreed =
			target.ssl.isDirect || (secure && (await acceptsTls(socket, encryption, signal)));
		if (!secure || !isAgreed) {
			return { stream: socket, tls: false };
		}
		return { stream: await encrypt(socket, secure, signal), tls: true };
	} catch (error) {
		socket.destroy();
		throw error;
	}
}

async function encrypt(
	socket: Socket,
	secure: ConnectionOptions,
	signal: AbortSignal,
): Promise<TLSSocket> {
	try {
		const encrypted = openTls({ ...secure, socket });
		destroyOnAbort(encrypted, signal);
		await nextEvent(encrypted, 'secureConnect', signal);
		return encrypted;
	} catch (error) {
		if (signal.aborted) throw error;
		throw new AttemptError('tls', messageOf(error), { cause: error });
	}
}

/** Linux names an abstract socket with a leading zero byte. */
function socketFile(host: { host: string; port: number }): string {
	return hostAndPort(host).replace(/^@/, '\0');
}

async function readTlsFiles(target: Target, host: TargetHost, encryption: Encryption) {
	try {
		return await tlsOptions(target.ssl, host);
	} catch (error) {
		// libpq's `prefer` goes on without TLS when its files can't be used.
		if (encryption === 'offer') return undefined;
		throw new AttemptError('tls', messageOf(error), { cause: error });
	}
}

/** Sends SSLRequest and reads the one byte of answer. */
async function acceptsTls(
	socket: Socket,
	encryption: Encryption,
	signal: AbortSignal,
): Promise<boolean> {
	socket.write(sslRequest);
	const answer = (await nextEvent(socket, 'data', signal)) as Buffer;
	const letter = String.fromCharCode(answer[0] ?? 0);
	// More than the one byte is a foreign protocol's greeting, or someone's injection (CVE-2021-23222).
	if (answer.length === 1 && letter === 'S') return true;
	if (answer.length === 1 && letter === 'N') {
		if (encryption === 'offer') return false;
		throw new AttemptError('tls', 'the server does not offer TLS');
	}
	if (letter === 'E') {
		const words = answer
			.subarray(5)
			.toString('latin1')
			.replace(/[^ -~]+/g, ' ');
		throw new AttemptError('other', `the server refused before TLS could start: ${words}`);
	}
	throw new AttemptError(
		'not-postgres',
		'its answer to the request for TLS is not of the protocol',
	);
}

/** Destroys with the reason, so that whoever waits on the stream sees why. */
function destroyOnAbort(stream: Socket, signal: AbortSignal): void {
	// Once the wait is over an error may still come, and must not end the process.
	stream.on('error', () => {});
	if (signal.aborted) stream.destroy();
	const onAbort = () => stream.destroy();
	signal.addEventListener('abort', onAbort, { once: true });
	stream.once('close', () => signal.removeEventListener('abort', onAbort));
}

/** The first argument of the stream's next such event; its error, its end or the abort reject. */
export function nextEvent(stream: Socket, name: string, signal: AbortSignal): Promise<unknown> {
	return new Promise((resolve, reject) => {
		function settle(action: () => void): void {
			stream.off(name, onEvent).off('error', onError).off('close', onClose);
			signal.removeEventListener('abort', onAbort);
			action();
		}
		const onEvent = (value: unknown) => settle(() => resolve(value));
		const onError = (error: Error) => settle(() => reject(error));
		const onAbort = () => settle(() => reject(signal.reason));
		const onClose = () =>
			settle(() => reject(new AttemptError('lost', 'closed without an answer')));
		stream.on(name, onEvent).on('error', onError).on('close', onClose);
		signal.addEventListener('abort', onAbort);
		if (signal.aborted) onAbort();
	});
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
