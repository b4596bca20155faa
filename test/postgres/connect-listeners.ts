import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';

/** Something that takes TCP connections on 127.0.0.1 and is no Postgres server. */
export interface Listener {
	readonly port: number;
	/** Connections there ever were. */
	total(): number;
	/** Resolves when a connection has come. */
	readonly reached: Promise<void>;
	/** Resolves when every connection that came is closed. */
	allClosed(): Promise<void>;
	close(): Promise<void>;
}

/** Listens; `serve` does what it likes with each connection, nothing by default: a blackhole. */
export async function listen(serve: (socket: Socket) => void = () => {}): Promise<Listener> {
	const sockets: Socket[] = [];
	const first = Promise.withResolvers<void>();
	const server = createServer((socket) => {
		sockets.push(socket);
		socket.on('error', () => {});
		// Read to the end, or its end would never be seen.
		socket.resume();
		first.resolve();
		serve(socket);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const closed = (socket: Socket) => (socket.closed ? undefined : once(socket, 'close'));
	return {
		port: (server.address() as AddressInfo).port,
		total: () => sockets.length,
		reached: first.promise,
		allClosed: async () => void (await Promise.all(sockets.map(closed))),
		async close() {
			for (const socket of sockets) socket.destroy();
			server.close();
			await once(server, 'close');
		},
	};
}

/** A port of 127.0.0.1 on which nobody listens: it was free a moment ago. */
export async function closedPort(): Promise<number> {
	const listener = await listen();
	await listener.close();
	return listener.port;
}

/**
 * A relay to a real server that refuses `options` in the startup packet, in PgBouncer's words and
 * with its code; all else passes. PgBouncer itself is not on every machine.
 */
export function poolerTo(url: string): Promise<Listener> {
	const { hostname, port } = new URL(url);
	return listen((client) => {
		client.once('data', (startup) => {
			if (startup.includes('\0options\0')) {
				client.end(errorResponse('08P01', 'unsupported startup parameter: options'));
				return;
			}
			const server = dial(Number(port), hostname);
			server.on('error', () => client.destroy());
			client.on('close', () => server.destroy());
			server.write(startup);
			client.pipe(server).pipe(client);
		});
	});
}

/** ErrorResponse of the protocol, as a server sends it before it closes. */
export function errorResponse(sqlstate: string, message: string): Buffer {
	const fields = Buffer.from(`SFATAL\0VFATAL\0C${sqlstate}\0M${message}\0\0`);
	const head = Buffer.alloc(5);
	head.write('E');
	head.writeInt32BE(fields.length + 4, 1);
	return Buffer.concat([head, fields]);
}
