import type pg from 'pg';
import { loadQueries } from '../../source/catalog/load.ts';
import type { Sampler } from '../../source/catalog/sampler.ts';
import { sqlDirectory } from '../../source/lib/sql-directory.ts';
import { decodeRows, type Row, type WireRow, wireTypes } from '../../source/postgres/decode.ts';
import type { Value } from '../../source/postgres/transaction.ts';
import { boundValues } from '../../source/sampling/question.ts';

/** The queries of sql/usage, all variants. */
export const queries = loadQueries(sqlDirectory(), ['usage']);

/** Values by the names of the header. */
export type Values = Readonly<Record<string, Value>>;

/** The file `sql/usage/NAME.sql`; a variant is `NAME.VARIANT`. */
export function queryOf(name: string): Sampler {
	const found = queries.samplers.find(
		({ name: plain, variant }) => name === (variant === '' ? plain : `${plain}.${variant}`),
	);
	if (!found) throw new RangeError(`there is no query ${name}`);
	return found;
}

/** Runs a query with its values bound, and decodes what its header promises. @throws the server's error */
export async function ask(
	client: pg.Client,
	name: string,
	values: Values,
): Promise<readonly Row[]> {
	const query = queryOf(name);
	const result = (await client.query({
		text: query.sql,
		values: [...boundValues(query, { query: query.id, values })],
		types: wireTypes,
	} as never)) as unknown as pg.QueryResult<WireRow>;
	const rows = decodeRows(
		query.columns,
		result.rows,
		result.fields.map((field) => field.name),
	);
	if ('reason' in rows) throw new Error(`${name}: ${rows.reason}`);
	return rows;
}
