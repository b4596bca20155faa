import pg from 'pg';

/** Resolves when a question to the database, an expression's select, is answered with true. */
export async function whenQuery(url: string, sql: string): Promise<void> {
	const client = new pg.Client({ connectionString: url });
	await client.connect();
	try {
		for (;;) {
			const { rows } = await client.query({ text: sql, rowMode: 'array' });
			if (rows[0]?.[0] === true) return;
		}
	} finally {
		await client.end();
	}
}
