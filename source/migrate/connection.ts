import pg from 'pg';
import { classifyConnectFailure, connectSentence, detailOf } from '../connect-failure.ts';
import { TidemarkError } from '../errors.ts';

/**
 * A URL, the driver's settings, or a connected client with a session of its own: it is left open,
 * with its timeouts changed.
 */
export type Connection = string | pg.ClientConfig | pg.ClientBase;

/**
 * Runs `work` on a connection and closes it, unless the caller brought it.
 * @throws TidemarkError of kind `connect` when there is no connection to be had
 */
export async function withClient<T>(
	connection: Connection,
	work: (client: pg.ClientBase) => Promise<T>,
): Promise<T> {
	if (isClient(connection)) return work(connection);
	const client = new pg.Client({
		application_name: 'tidemark-migrate',
		...(typeof connection === 'string' ? { connectionString: connection } : connection),
	});
	// A connection lost between two statements is reported by the next one.
	client.on('error', () => {});
	try {
		await client.connect();
	} catch (error) {
		await client.end().catch(() => {});
		throw connectFailed(error, client);
	}
	try {
		return await work(client);
	} finally {
		await client.end().catch(() => {});
	}
}

function isClient(connection: Connection): connection is pg.ClientBase {
	return (
		typeof connection === 'object' &&
		'query' in connection &&
		typeof connection.query === 'function'
	);
}

function connectFailed(error: unknown, client: pg.Client): TidemarkError {
	const failure = classifyConnectFailure(error);
	const target = {
		hosts: [{ host: client.host, port: client.port }],
		database: client.database ?? '',
		user: client.user ?? '',
	};
	return new TidemarkError('connect', connectSentence(failure, target, detailOf(error)), {
		cause: error,
		failure,
	});
}
