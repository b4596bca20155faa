import type { Socket } from 'node:net';
import { Client } from 'pg';
import { classifyConnectFailure, detailOf } from '../connect-failure.ts';
import { AttemptError, type Encryption, openStream } from './connect-socket.ts';
import { guardProtocol } from './guard-protocol.ts';
import { passwordOf, type Target, type TargetHost } from './target-type.ts';

/** What a login may ask of the session. */
export interface LoginOptions {
	readonly applicationName: string;
	/** Server command-line options (`-c name=value …`), or empty for none. */
	readonly startupOptions: string;
	/** pg's pipeline mode: queries are sent without waiting for the answers before. */
	readonly pipeline: boolean;
}

/** A logged-in client and what the server told of itself meanwhile. */
export interface Login {
	readonly client: Client;
	readonly tls: boolean;
	/** ParameterStatus by name, kept up to date while the connection lives. */
	readonly parameters: ReadonlyMap<string, string>;
	/** Closes the socket at once, without a goodbye. */
	destroy(): void;
}

/**
 * Opens one socket to one address and logs in on it. Whatever fails, the socket is destroyed
 * before the promise rejects; so it is, at once, when the signal aborts.
 */
export async function logIn(
	target: Target,
	host: TargetHost,
	address: string,
	encryption: Encryption,
	options: LoginOptions,
	signal: AbortSignal,
): Promise<Login> {
	const { stream, tls } = await openStream(target, host, address, encryption, signal);
	guardProtocol(stream);
	const mustBind = target.channelBinding === 'require';
	const seen = { canBind: false };
	const client = createClient(target, host, stream, options, () => {
		if (mustBind && !seen.canBind) throw new AttemptError('tls', notBound);
	});
	const parameters = new Map<string, string>();
	client.connection.on('parameterStatus', (status: ParameterStatus) => {
		parameters.set(status.parameterName, status.parameterValue);
	});
	client.connection.on('authenticationSASL', (message: { mechanisms: string[] }) => {
		seen.canBind = tls && message.mechanisms.includes('SCRAM-SHA-256-PLUS');
	});
	try {
		await connectClient(client, stream);
		if (mustBind && !seen.canBind) throw new AttemptError('tls', notBound);
	} catch (error) {
		stream.destroy();
		if (error instanceof AttemptError) throw error;
		throw new AttemptError(classifyConnectFailure(error), detailOf(error), { cause: error, tls });
	}
	return { client, tls, parameters, destroy: () => stream.destroy() };
}

const noPassword = () =>
	new AttemptError('password', 'it wants a password, and none was given', {
		advice: 'set PGPASSWORD, or add a line to ~/.pgpass',
	});

const notBound = 'channel_binding=require, and the server offers no authentication bound to TLS';

interface ParameterStatus {
	readonly parameterName: string;
	readonly parameterValue: string;
}

function createClient(
	target: Target,
	host: TargetHost,
	stream: Socket,
	options: LoginOptions,
	beforePassword: () => void,
): Client {
	const password = passwordOf(host);
	const client = new Client({
		host: host.host,
		port: host.port,
		user: target.user,
		database: target.database,
		// A function: pg would look for a missing password in files and variables of its own choice.
		password: () => {
			beforePassword();
			if (password === undefined) throw noPassword();
			return password;
		},
		stream: () => withoutConnecting(stream),
		// Done already on the stream that is handed over.
		ssl: false,
		sslnegotiation: 'postgres',
		enableChannelBinding: target.channelBinding === 'require',
		application_name: options.applicationName,
		client_encoding: 'utf8',
		connectionTimeoutMillis: 0,
		pipeline: options.pipeline,
	});
	// pg takes what is empty from PGOPTIONS and PGREPLICATION; ours is settled.
	const startup = { options: options.startupOptions || undefined, replication: undefined };
	Object.assign(
		(client as unknown as { connectionParameters: object }).connectionParameters,
		startup,
	);
	// A loss between queries is an event; without a listener it would end the process.
	client.on('error', () => {});
	return client;
}

async function connectClient(client: Client, stream: Socket): Promise<void> {
	const failed = { error: undefined as unknown };
	stream.prependOnceListener('data', (first: Buffer) => {
		if (looksLikePostgres(first)) return;
		failed.error = new AttemptError('not-postgres', 'its answer is not of the protocol');
		stream.destroy();
	});
	try {
		await client.connect();
	} catch (error) {
		throw failed.error ?? error;
	} finally {
		forgetPassword(client);
	}
}

/** libpq's check: a request to authenticate, an error, or a version; of a believable length. */
function looksLikePostgres(first: Buffer): boolean {
	const letter = String.fromCharCode(first[0] ?? 0);
	if (!'REvN'.includes(letter)) return false;
	if (first.length < 5) return true;
	const length = first.readInt32BE(1);
	return length >= 8 && length <= 30_000;
}

/** pg keeps the password beside the client, where a debugger's print could find it. */
function forgetPassword(client: Client): void {
	const holder = client as unknown as { password: unknown; connectionParameters: object };
	holder.password = null;
	Object.assign(holder.connectionParameters, { password: null });
}

/** pg connects the stream it is given; this one is connected, and only says so. */
function withoutConnecting(stream: Socket): Socket {
	stream.connect = () => {
		process.nextTick(() => stream.emit('connect'));
		return stream;
	};
	return stream;
}
