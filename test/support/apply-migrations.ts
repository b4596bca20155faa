import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import Postgrator from 'postgrator';

const folder = fileURLToPath(new URL('../../sql/migrations', import.meta.url));

/** Brings the database at `url` to the newest schema. */
export async function applyMigrations(url: string): Promise<void> {
	if (!existsSync(folder)) return;
	const client = new pg.Client({ connectionString: url });
	await client.connect();
	try {
		await new Postgrator({
			migrationPattern: `${folder}/*`,
			driver: 'pg',
			schemaTable: 'schemaversion',
			execQuery: (query) => client.query(query),
		}).migrate();
	} finally {
		await client.end();
	}
}
