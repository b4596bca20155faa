import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { loadCatalog, loadQueries } from '../../source/catalog/load.ts';
import type { Sampler } from '../../source/catalog/sampler.ts';
import { decodeRows, type Row, type WireRow, wireTypes } from '../../source/postgres/decode.ts';

/** The catalog that ships. */
export const catalog = loadCatalog(fileURLToPath(new URL('../../sql/samplers', import.meta.url)));

/** The queries behind the lists and the details. */
export const lists = loadQueries(fileURLToPath(new URL('../../sql', import.meta.url)), ['lists']);

/** The file of a sampler, by `pack/name` and variant. */
export function samplerOf(id: string, variant = ''): Sampler {
	const found = catalog.samplers.find((each) => each.id === id && each.variant === variant);
	if (!found) throw new RangeError(`there is no sampler ${id} ${variant}`);
	return found;
}

/**
 * Runs a sampler as the program does, in a read-only transaction of one message, and decodes what
 * its header promises.
 * @throws the server's error, or the decoder's reason
 */
export async function sample(client: pg.Client, id: string, variant = ''): Promise<readonly Row[]> {
	const { sql, columns } = samplerOf(id, variant);
	const results = (await client.query({
		text: `set transaction read only; set local statement_timeout = 5000; ${sql}`,
		types: wireTypes,
	} as never)) as unknown as pg.QueryResult<WireRow>[];
	const result = results.at(-1);
	const fields = result?.fields.map((field) => field.name) ?? [];
	const rows = decodeRows(columns, result?.rows ?? [], fields);
	if ('reason' in rows) throw new Error(`${id}: ${rows.reason}`);
	return rows;
}
