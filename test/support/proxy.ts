import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { setTimeout as latency } from 'node:timers/promises';

/** A TCP proxy that stands between a client and Postgres, counts what passes and makes it slow. */
export type TcpProxy = {
	/** The connection string with the proxy's address in place of the server's. */
	readonly url: string;
	/** How often the client spoke after the server had: network round trips so far. */
	trips(): number;
	/** Connections open now, the most that were open at once, and all there ever were. */
	connections(): { readonly open: number; readonly most: number; readonly total: number };
	/** Delay of each direction from now on, in ms. */
	setDelayMs(delayMs: number): void;
	/** From now on nothing passes, in either direction, and nothing is closed: a blackhole. */
	freeze(): void;
	/** What was held back passes, and what comes after it. */
	thaw(): void;
	/**
	 * The other side of each connection is gone and did not say so, as after a power cut or a firewall's
	 * timeout: half open until the client speaks, which is answered with a reset.
	 */
	forget(): void;
	/** Cuts every connection with a reset. */
	reset(): void;
	/** What the server says from now on passes byte by byte, each in a packet of its own. */
	drip(): void;
	/** From now on the client gets what this makes of each piece that the server says. */
	rewrite(change: ((chunk: Buffer) => Buffer) | undefined): void;
	/** Lets so many more bytes of the server's pass, over all connections, then resets them all. */
	cutAfter(bytes: number): void;
	/** New connections are cut at once (true), or let through again. */
	refuse(isRefusing: boolean): void;
	close(): Promise<void>;
};

/** Starts a proxy in front of the server that `url` names. */
export async function startProxy(url: string): Promise<TcpProxy> {
	const upstream = new URL(url);
	const sockets = new Set<Socket>();
	const clients = new Set<Socket>();
	const forgotten = new Set<Socket>();
	const counts = { trips: 0, open: 0, most: 0, total: 0 };
	let delayMs = 0;
	let isRefusing = false;
	let isDripping = false;
	let change: ((chunk: Buffer) => Buffer) | undefined;
	let bytesLeft = Number.POSITIVE_INFINITY;
	let gate = Promise.withResolvers<void>();
	gate.resolve();

	const reset = () => {
		for (const socket of sockets) socket.resetAndDestroy();
	};
	const answer = async (chunk: Buffer, to: Socket) => {
		const passing = chunk.subarray(0, bytesLeft);
		bytesLeft -= passing.length;
		if (isDripping) {
			for (const byte of passing) await flushed(to, Buffer.of(byte));
		} else if (passing.length > 0) await flushed(to, passing);
		if (bytesLeft > 0) return;
		bytesLeft = Number.POSITIVE_INFINITY;
		reset();
	};

	const server = createServer((client) => {
		if (isRefusing) {
			client.resetAndDestroy();
			return;
		}
		counts.total += 1;
		counts.open += 1;
		counts.most = Math.max(counts.most, counts.open);
		const backend = dial(Number(upstream.port), upstream.hostname);
		let lastSpeaker: Socket | undefined;
		const pipe = (from: Socket, to: Socket) => {
			let tail = Promise.resolve();
			from.setNoDelay(true);
			from.on('data', (chunk) => {
				if (forgotten.has(client)) {
					client.resetAndDestroy();
					return;
				}
				if (from === client && lastSpeaker !== client) counts.trips += 1;
				lastSpeaker = from;
				const arrived = latency(delayMs);
				tail = tail.then(async () => {
					await arrived;
					await gate.promise;
					if (to.destroyed) return;
					if (from === client) to.write(chunk);
					else await answer(change?.(chunk) ?? chunk, to);
				});
			});
			from.on('close', () => {
				if (!forgotten.has(to)) void tail.then(() => to.destroy());
			});
			from.on('error', () => {});
			sockets.add(from);
			from.on('close', () => sockets.delete(from));
		};
		clients.add(client);
		client.on('close', () => {
			clients.delete(client);
			counts.open -= 1;
		});
		pipe(client, backend);
		pipe(backend, client);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = new URL(url);
	address.hostname = '127.0.0.1';
	address.port = String((server.address() as AddressInfo).port);
	return {
		url: address.href,
		trips: () => counts.trips,
		connections: () => ({ open: counts.open, most: counts.most, total: counts.total }),
		setDelayMs(value) {
			delayMs = value;
		},
		freeze() {
			gate = Promise.withResolvers();
		},
		thaw: () => gate.resolve(),
		forget() {
			for (const client of clients) forgotten.add(client);
			for (const socket of sockets) if (!clients.has(socket)) socket.destroy();
		},
		reset,
		drip() {
			isDripping = true;
		},
		rewrite(value) {
			change = value;
		},
		cutAfter(bytes) {
			bytesLeft = bytes;
		},
		refuse(value) {
			isRefusing = value;
		},
		async close() {
			gate.resolve();
			for (const socket of sockets) socket.destroy();
			server.close();
			await once(server, 'close');
		},
	};
}

/** Resolves when the system has taken the bytes, or nobody wants them any more. */
const flushed = (socket: Socket, bytes: Buffer): Promise<void> =>
	new Promise((resolve) => {
		if (socket.destroyed) resolve();
		else socket.write(bytes, () => resolve());
	});
