import type { ClientBase } from 'pg';

/** What a `create index concurrently` file says about itself. */
export interface ConcurrentIndex {
	readonly name: string;
	readonly table: string;
	/** The definition as `pg_get_indexdef` writes it after USING. */
	readonly definition: string;
}

const creation = /^\s*create\s+index\s+concurrently\s+if\s+not\s+exists\s+(\w+)/im;
const header = /^--\s*unless-index:\s*(\w+)\s+(.+?)\s*$/m;

/** Whether the statement refuses to run inside a transaction, implicit ones included. */
export function isConcurrent(sql: string): boolean {
	return /^\s*(create|drop)\s+index\s+concurrently\b/im.test(sql);
}

/** What the file builds; undefined when it builds no index, or doesn't name its definition. */
export function concurrentIndexIn(sql: string): ConcurrentIndex | undefined {
	const name = creation.exec(sql)?.[1];
	const [, table, definition] = header.exec(sql) ?? [];
	return name && table && definition ? { name, table, definition } : undefined;
}

/**
 * Clears the way for a concurrent build: what a cancelled build left behind under the name (an
 * invalid index, which `if not exists` would take for the real one) is dropped.
 * @throws Error when a valid index of another definition has the name
 * @returns whether the index must be built: false when the table has a valid one of the same
 * definition, whatever its name.
 */
export async function prepareConcurrentIndex(
	client: ClientBase,
	index: ConcurrentIndex,
): Promise<boolean> {
	const { rows } = await client.query<{ name: string; is_valid: boolean; definition: string }>(
		`select c.relname as name, x.indisvalid as is_valid,
			substring(pg_get_indexdef(x.indexrelid) from ' USING (.*)$') as definition
		from pg_index x join pg_class c on c.oid = x.indexrelid
		where x.indrelid = to_regclass($1)`,
		[index.table],
	);
	if (rows.some((row) => row.definition === index.definition && row.is_valid)) return false;
	const namesake = rows.find((row) => row.name === index.name);
	if (namesake?.is_valid) {
		throw new Error(`there is another index ${namesake.name}: ${namesake.definition}. Rename it`);
	}
	if (namesake) await client.query(`drop index concurrently if exists ${index.name}`);
	return true;
}
