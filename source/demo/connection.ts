import pg from 'pg';

/** A connection that comes back after it was lost. */
export interface Connection {
	/** The connected client; connects anew when the last one broke. */
	client(): Promise<pg.Client>;
	close(): Promise<void>;
}

/**
 * Keeps one connection to the demo's database, apart from those that tidemark watches with.
 *
 * @param applicationName shown in `pg_stat_activity`
 * @param prepare run on every new connection before its first use
 */
export function keepConnection(
	url: string,
	applicationName: string,
	prepare: (client: pg.Client) => Promise<unknown> = async () => {},
): Connection {
	let current: Promise<pg.Client> | undefined;
	async function connect(): Promise<pg.Client> {
		const client = new pg.Client({ connectionString: url, application_name: applicationName });
		// A lost connection is an event, not a crash: the next use connects again.
		client.on('error', () => {
			current = undefined;
		});
		await client.connect();
		await prepare(client);
		return client;
	}
	return {
		client() {
			current ??= connect().catch((error) => {
				current = undefined;
				throw error;
			});
			return current;
		},
		async close() {
			const open = current;
			current = undefined;
			await (await open?.catch(() => undefined))?.end().catch(() => {});
		},
	};
}

/** Sessions that stay open, for faults that consist of one. */
export function keepOpen(url: string): {
	open(applicationName: string): Promise<pg.Client>;
	close(): Promise<void>;
} {
	const clients: pg.Client[] = [];
	return {
		async open(applicationName) {
			const client = new pg.Client({ connectionString: url, application_name: applicationName });
			client.on('error', () => {});
			await client.connect();
			clients.push(client);
			return client;
		},
		async close() {
			// Such a session may be in the middle of an endless statement: it isn't asked.
			for (const client of clients) client.connection.stream.destroy();
		},
	};
}

/** Opens a connection, for `work` only. */
export async function withClient<Result>(
	url: string,
	work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
	const client = new pg.Client({ connectionString: url, application_name: 'demo-setup' });
	client.on('error', () => {});
	await client.connect();
	try {
		return await work(client);
	} finally {
		await client.end();
	}
}
