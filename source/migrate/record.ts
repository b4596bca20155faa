import type pg from 'pg';

/** Where a database remembers its migrations; the name is ours alone, the product has a table of its own. */
const table = 'tidemark_migrations';

/** The record's place as node-pg-migrate wants it. */
export function recordTable(schema: string): { migrationsTable: string; migrationsSchema: string } {
	return { migrationsTable: table, migrationsSchema: schema };
}

/** When each migration was applied, by id; empty in a database that never had one. */
export async function appliedAtById(client: pg.ClientBase): Promise<ReadonlyMap<string, Date>> {
	const { rows: known } = await client.query<{ is_there: boolean }>(
		`select to_regclass('${table}') is not null as is_there`,
	);
	if (!known[0]?.is_there) return new Map();
	// The library keeps a timestamp without time zone, written by now() in the session's zone.
	const { rows } = await client.query<{ name: string; applied_at: Date }>(
		`select name, run_on::timestamptz as applied_at from ${table}`,
	);
	return new Map(rows.map((row) => [row.name, row.applied_at]));
}
