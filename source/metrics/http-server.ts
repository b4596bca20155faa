import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { promisify } from 'node:util';
import { TidemarkError } from '../errors.ts';
import { type AnswerOptions, answer } from './http-answer.ts';

/** Where and how to listen. */
export type ServerOptions = AnswerOptions & {
	readonly host: string;
	/** 0: any free one. */
	readonly port: number;
	/** Other limits than {@link defaultLimits}. */
	readonly limits?: Partial<Limits>;
	/** Hears of an answer that could not be made. */
	readonly onError?: (error: unknown) => void;
};

/** A server that listens. */
export type MetricsServer = {
	readonly host: string;
	readonly port: number;
	/** Connections that are open now. */
	connections(): Promise<number>;
	/** Takes no new connection, lets answers under way finish, and resolves when all are closed. */
	close(): Promise<void>;
};

/** What a client may take: of time in ms, of header in bytes, of connections. */
export const defaultLimits = {
	/** From the connection, or the first byte of a later request, to the end of its header. */
	headersTimeoutMs: 5000,
	/** From there to the end of a body, which nobody has reason to send. */
	requestTimeoutMs: 10_000,
	/** Between two requests: longer than the usual scrape intervals, so that a connection is kept. */
	keepAliveMs: 75_000,
	/** A client that takes nothing of its answer. */
	stallMs: 10_000,
	headerBytes: 8192,
	headers: 64,
	connections: 256,
	/** What is left of a drain when it ends. */
	drainMs: 5000,
	/** How often the first two are looked at. */
	checkMs: 1000,
};

/** See {@link defaultLimits}. */
export type Limits = Readonly<typeof defaultLimits>;

/** @throws TidemarkError of kind `config` when the address can't be had */
export async function listen(options: ServerOptions): Promise<MetricsServer> {
	const { host, port, onError } = options;
	const limits = { ...defaultLimits, ...options.limits };
	const server = createServer({
		maxHeaderSize: limits.headerBytes,
		headersTimeout: limits.headersTimeoutMs,
		requestTimeout: limits.requestTimeoutMs,
		keepAliveTimeout: limits.keepAliveMs,
		connectionsCheckingInterval: limits.checkMs,
	});
	server.maxHeadersCount = limits.headers;
	server.maxConnections = limits.connections;
	server.timeout = limits.stallMs;
	let isClosing = false;
	server.on('request', (request, response) => {
		response.once('close', () => {
			// A connection kept alive would hold up the drain, now that it has its answer.
			if (isClosing) setImmediate(() => server.closeIdleConnections());
		});
		answer(options, request, response).catch((error: unknown) => {
			onError?.(error);
			if (!response.headersSent) response.writeHead(500, { Connection: 'close' });
			response.end();
		});
	});
	server.on('clientError', refuse);
	await opened(server, host, port);
	return {
		host,
		port: (server.address() as AddressInfo).port,
		connections: () => promisify(server.getConnections).call(server),
		close() {
			isClosing = true;
			return drained(server, limits.drainMs);
		},
	};
}

function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
	if (error.code === 'ECONNRESET' || !socket.writable) {
		socket.destroy();
		return;
	}
	const status =
		error.code === 'HPE_HEADER_OVERFLOW'
			? '431 Request Header Fields Too Large'
			: error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
				? '408 Request Timeout'
				: '400 Bad Request';
	socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
	// Whoever keeps sending, or doesn't close its own end, is not waited for.
	socket.destroySoon();
}

function opened(server: Server, host: string, port: number): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once('error', (cause: NodeJS.ErrnoException) => {
			const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
			reject(new TidemarkError('config', sentenceOf(cause, where), { cause }));
		});
		server.listen(port, host, resolve);
	});
}

function sentenceOf({ code, message }: NodeJS.ErrnoException, where: string): string {
	switch (code) {
		case 'EADDRINUSE':
			return `${where} is in use: choose another port with --metrics`;
		case 'EACCES':
			return `this user may not listen on ${where}: choose a port above 1023 with --metrics`;
		case 'EADDRNOTAVAIL':
		case 'ENOTFOUND':
			return `${where} is no address of this machine: give one of its own with --metrics`;
		default:
			return `can't listen on ${where}: ${message}`;
	}
}

async function drained(server: Server, drainMs: number): Promise<void> {
	const closed = new Promise<void>((resolve) => server.close(() => resolve()));
	const timer = setTimeout(() => server.closeAllConnections(), drainMs);
	await closed;
	clearTimeout(timer);
}
