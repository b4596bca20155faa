import type { Need, Sampler } from './sampler.ts';

/** What the database has, as the probe found it; each answer is about the connected role. */
export type Inventory = {
	/** `server_version_num / 10000`. */
	readonly majorVersion: number;
	/** Of a table as it is written in a need. */
	readonly tables: ReadonlyMap<string, TableFacts>;
	/** Of a function's signature as it is written in a need. */
	readonly functions: ReadonlyMap<string, { readonly canExecute: boolean }>;
};

/** One table: its columns, and those of them that the role may not read. */
export type TableFacts = {
	readonly columns: ReadonlySet<string>;
	readonly denied: ReadonlySet<string>;
	/** The columns of each whole and valid index, in its order. */
	readonly indexes: readonly (readonly string[])[];
};

/** One sampler of the plan: the variant to run, or why none can. */
export type Choice =
	| {
			readonly id: string;
			readonly kind: 'run';
			readonly sampler: Sampler;
			/** The statement that makes the index it wishes for and the table lacks. */
			readonly advice?: string;
	  }
	| {
			readonly id: string;
			readonly kind: 'unavailable';
			readonly sampler: Sampler;
			readonly reason: string;
	  };

/**
 * Chooses for each sampler the first variant whose needs are met. The reason of one that can't run
 * is that of its least demanding variant: what is missing there is missing for all.
 */
export function selectSamplers(samplers: readonly Sampler[], inventory: Inventory): Choice[] {
	const byId = new Map<string, Sampler[]>();
	for (const sampler of samplers) {
		byId.set(sampler.id, [...(byId.get(sampler.id) ?? []), sampler]);
	}
	return [...byId].map(([id, variants]) => choose(id, variants, inventory));
}

function choose(id: string, variants: readonly Sampler[], inventory: Inventory): Choice {
	let last: Choice | undefined;
	for (const sampler of variants) {
		const reason = missing(sampler, inventory);
		if (reason === undefined) {
			const advice = adviceFor(sampler, inventory);
			return { id, kind: 'run', sampler, ...(advice && { advice }) };
		}
		last = { id, kind: 'unavailable', sampler, reason };
	}
	if (!last) throw new RangeError(`the sampler ${id} has no variant`);
	return last;
}

function missing(sampler: Sampler, inventory: Inventory): string | undefined {
	const { min, below } = sampler.server;
	if (min !== undefined && inventory.majorVersion < min)
		return `needs Postgres ${min}, this is ${inventory.majorVersion}`;
	if (below !== undefined && inventory.majorVersion >= below) {
		return `is for Postgres before ${below}, this is ${inventory.majorVersion}`;
	}
	for (const need of sampler.needs) {
		const reason =
			need.kind === 'table' ? tableReason(need, inventory) : functionReason(need, inventory);
		if (reason !== undefined) return reason;
	}
	return undefined;
}

function adviceFor({ index }: Sampler, inventory: Inventory): string | undefined {
	if (!index) return undefined;
	const { indexes = [] } = inventory.tables.get(index.table) ?? {};
	const hasIndex = indexes.some((columns) =>
		index.columns.every((column, at) => columns[at] === column),
	);
	if (hasIndex) return undefined;
	return `CREATE INDEX CONCURRENTLY ON ${index.table} (${index.columns.join(', ')})`;
}

function tableReason(need: Need & { kind: 'table' }, inventory: Inventory): string | undefined {
	const facts = inventory.tables.get(need.table);
	if (!facts) return `not in this database: no table ${need.table}`;
	const absent = need.columns.filter((column) => !facts.columns.has(column));
	if (absent.length > 0) {
		return `not in this database: ${need.table} has no column ${absent.join(', ')}`;
	}
	if (need.columns.some((column) => facts.denied.has(column))) {
		return `no privilege: GRANT SELECT ON ${need.table} to this role`;
	}
	return undefined;
}

function functionReason(
	need: Need & { kind: 'function' },
	inventory: Inventory,
): string | undefined {
	const facts = inventory.functions.get(need.signature);
	if (!facts) return `not in this database: no function ${need.signature}`;
	if (!facts.canExecute)
		return `no privilege: GRANT EXECUTE ON FUNCTION ${need.signature} to this role`;
	return undefined;
}
