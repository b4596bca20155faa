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
	/** Cuts every connection with a reset. */
	reset(): void;
	/** New connections are cut at once (true), or let through again. */
	refuse(isRefusing: boolean): void;
	close(): Promise<void>;
};

/** Starts a proxy in front of the server that `url` names. */
export async function startProxy(url: string): Promise<TcpProxy> {
	const upstream = new URL(url);
	const sockets = new Set<Socket>();
	const counts = { trips: 0, open: 0, most: 0, total: 0 };
	let delayMs = 0;
	let isRefusing = false;
	let gate = Promise.withResolvers<void>();
	gate.resolve();

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
				if (from === client && lastSpeaker !== client) counts.trips += 1;
				lastSpeaker = from;
				const arrived = latency(delayMs);
				tail = tail.then(async () => {
					await arrived;
					await gate.promise;
					if (!to.destroyed) to.write(chunk);
				});
			});
			from.on('close', () => void tail.then(() => to.destroy()));
			from.on('error', () => {});
			sockets.add(from);
			from.on('close', () => sockets.delete(from));
		};
		client.on('close', () => {
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
		reset() {
			for (const socket of sockets) socket.resetAndDestroy();
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
