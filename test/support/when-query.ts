import pg from 'pg';

/** After this it isn't coming any more, in ms. */
const longestMs = 15_000;

/**
 * Resolves when a question to the database is answered with true.
 * @throws Error with the question when that does not happen
 */
export async function whenQuery(url: string, sql: string): Promise<void> {
	const client = new pg.Client({ connectionString: url });
	await client.connect();
	try {
		for (const started = performance.now(); performance.now() - started < longestMs; ) {
			const { rows } = await client.query({ text: sql, rowMode: 'array' });
			if (rows[0]?.[0] === true) return;
		}
		throw new Error(`It never came to this: ${sql}`);
	} finally {
		await client.end();
	}
}
