import type pg from 'pg';

/** How a query read one table of the database watched, or one index of it. */
export type Scan = {
	/** Such as `Seq Scan` or `Index Only Scan`. */
	readonly kind: string;
	/** The table, or its index as `table (columns) WHERE …`. */
	readonly of: string;
	readonly isIndex: boolean;
	/** Rows looked at, over all loops, as far as the server tells. */
	readonly rows: number;
};

type PlanNode = {
	readonly 'Node Type': string;
	readonly 'Relation Name'?: string;
	readonly 'Index Name'?: string;
	readonly 'Actual Rows': number;
	readonly 'Actual Loops': number;
	readonly 'Rows Removed by Filter'?: number;
	readonly Plans?: readonly PlanNode[];
};

/** Runs a query under EXPLAIN ANALYZE; gives its scans of tables and indexes, not of system catalogs. */
export async function scansOf(
	client: pg.Client,
	sql: string,
	values?: readonly unknown[],
): Promise<readonly Scan[]> {
	const text = `explain (analyze, format json) ${sql}`;
	const { rows } = await client.query(text, values && [...values]);
	const scans: Scan[] = [];
	for (const node of nodesOf(rows[0]['QUERY PLAN'][0].Plan)) {
		const index = node['Index Name'];
		const name = index ?? node['Relation Name'];
		// A bitmap's heap is read where its index said.
		if (name === undefined || name.startsWith('pg_') || node['Node Type'] === 'Bitmap Heap Scan') {
			continue;
		}
		scans.push({
			kind: node['Node Type'],
			of: index === undefined ? name : await definition(client, index),
			isIndex: index !== undefined,
			rows: (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
		});
	}
	return scans;
}

/** Names differ between instances, and are none of a sampler's business. */
async function definition(client: pg.Client, index: string): Promise<string> {
	const { rows } = await client.query<{ text: string }>(
		`select regexp_replace(pg_get_indexdef(oid), '^.* ON (?:public\\.)?(.*) USING btree', '\\1') as text
		from pg_class where relname = $1 and relkind = 'i'`,
		[index],
	);
	return rows[0]?.text ?? index;
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];
