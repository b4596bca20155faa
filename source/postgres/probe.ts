import type { Need, Sampler } from '../catalog/sampler.ts';
import type { Inventory, TableFacts } from '../catalog/select.ts';
import { sanitise } from '../lib/text.ts';
import type { Session } from './session.ts';

/** What the server says of itself (sanitised) and of all that the samplers need. */
export type Probe = {
	readonly role: string;
	readonly database: string;
	readonly version: string;
	readonly isStandby: boolean;
	readonly inventory: Inventory;
};

type TableRow = { columns: string[]; denied: string[] | null; indexes: string[][] | null };

type ProbeRow = {
	readonly role: string;
	readonly database: string;
	readonly version: string;
	readonly major_version: number;
	readonly is_standby: boolean;
	readonly tables: Readonly<Record<string, TableRow>>;
	readonly functions: Readonly<Record<string, boolean>>;
};

/**
 * Asks once, from the system catalogs, for everything any sampler needs.
 * @param sql the text of `sql/probe.sql`
 */
export async function probe(
	session: Session,
	sql: string,
	samplers: readonly Sampler[],
): Promise<Probe> {
	const needs = samplers.flatMap((sampler) => sampler.needs);
	const tables = unique(needs, (need) => (need.kind === 'table' ? need.table : undefined));
	const signatures = unique(needs, (need) =>
		need.kind === 'function' ? need.signature : undefined,
	);
	const names = [...new Set(signatures.map(nameOf))];
	const row = await session.ask<ProbeRow>(sql, [tables, names]);
	return {
		role: sanitise(row.role),
		database: sanitise(row.database),
		version: sanitise(row.version),
		isStandby: row.is_standby,
		inventory: {
			majorVersion: row.major_version,
			tables: new Map(Object.entries(row.tables).map(([name, facts]) => [name, tableFacts(facts)])),
			functions: new Map(
				signatures
					.filter((signature) => Object.hasOwn(row.functions, nameOf(signature)))
					.map((signature) => [
						signature,
						{ canExecute: row.functions[nameOf(signature)] === true },
					]),
			),
		},
	};
}

const nameOf = (signature: string): string => signature.replace(/\(.*$/, '');

const unique = (needs: readonly Need[], pick: (need: Need) => string | undefined): string[] => [
	...new Set(needs.map(pick).filter((name) => name !== undefined)),
];

const tableFacts = (facts: TableRow): TableFacts => ({
	columns: new Set(facts.columns),
	denied: new Set(facts.denied ?? []),
	indexes: facts.indexes ?? [],
});
