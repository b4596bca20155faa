import { formatCount } from '../../../lib/format.ts';
import type { Row } from '../../../sampling/reading.ts';
import type { FaultCheck } from '../check.ts';
import { evidenceRows, identifier, numberIn, textIn } from '../evidence.ts';
import { clue, type Finding } from '../finding.ts';
import { type NeededIndex, neededIndexes } from './needed-indexes.ts';

/** A smaller table is read whole in no time. */
const fewestRows = 10_000;
const smallestBytes = 1_000_000;

/** An index that samplers and windows need is missing, or invalid. */
export const missingIndex: FaultCheck = {
	fault: 'missing-index',
	title: 'An index is missing or invalid',
	symptom: 'A sampler times out, ticks take minutes, the database is busy reading.',
	cause:
		'The index was never built on this instance, was dropped, or a CREATE INDEX CONCURRENTLY failed half-way and left an invalid one, which every write pays for and no query uses.',
	shows: 'pg_index: no matching index on the table, or indisvalid false with no build in progress.',
	fix: 'Build it concurrently; rebuild an invalid one with REINDEX CONCURRENTLY.',
	demo: 'missing-index',
	asks: ['database/indexes'],
	find(input) {
		const rows = evidenceRows(input, 'database/indexes') ?? [];
		// What is being built is invalid until it is done, and may be the one that is missing.
		if (rows.some((row) => (numberIn(row, 'building') ?? 0) > 0)) return [];
		const invalid = rows.filter((row) => row.is_valid === false);
		const missing = neededIndexes.filter((needed) => isMissing(needed, rows));
		return [
			...invalid.map(invalidFinding),
			...missing
				.filter((needed) => !invalid.some((row) => serves(needed, row)))
				.map((needed) => missingFinding(needed, rows)),
		];
	},
};

/** A predicate as it is written here and as the server writes it back, made alike. */
const plain = (predicate: string): string =>
	predicate
		.replace(/::(?:character varying|"[^"]+"|[\w.]+)(?:\[\])?/g, '')
		.replace(/[()\s]/g, '')
		.toLowerCase()
		.replace(/=anyarray\[([^\]]*)\]/, 'in$1');

/** The labels of `column in (…)`, by themselves; undefined where a predicate says anything else. */
const labelsOf = (predicate: string): readonly string[] | undefined =>
	/^statusin((?:'[^']*',?)+)$/.exec(predicate)?.[1]?.split(',');

/** Whether an index with the first predicate has all rows of the second one. */
function covers(has: string, needs: string): boolean {
	if (has === '' || has === needs) return true;
	const labels = labelsOf(has);
	return labelsOf(needs)?.every((label) => labels?.includes(label)) ?? false;
}

/** Whether an index, valid or not, begins as the needed one and holds the rows that it must. */
function serves(needed: NeededIndex, row: Row): boolean {
	if (textIn(row, 'table_name') !== needed.table || textIn(row, 'method') !== 'btree') return false;
	const columns = (textIn(row, 'columns') ?? '').split(', ');
	const begins = needed.columns.every((column, at) => columns[at] === column);
	const [has, needs] = [textIn(row, 'predicate') ?? '', needed.predicate ?? ''].map(plain);
	// A whole index holds what a partial one would, only more.
	return begins && covers(has ?? '', needs ?? '');
}

function isMissing(needed: NeededIndex, rows: readonly Row[]): boolean {
	const table = rows.filter((row) => textIn(row, 'table_name') === needed.table);
	const isLarge =
		(numberIn(table[0], 'table_rows') ?? 0) >= fewestRows &&
		(numberIn(table[0], 'table_bytes') ?? 0) >= smallestBytes;
	const has = new Set((textIn(table[0], 'table_columns') ?? '').split(' '));
	const isPossible = [...needed.columns, ...(needed.optional ?? [])].every((each) => has.has(each));
	return (
		isLarge && isPossible && !table.some((row) => row.is_valid === true && serves(needed, row))
	);
}

function missingFinding(needed: NeededIndex, rows: readonly Row[]): Finding {
	const { table, columns, predicate, use } = needed;
	const row = rows.find((each) => textIn(each, 'table_name') === table);
	const where = predicate === undefined ? '' : ` where ${predicate}`;
	return {
		fault: 'missing-index',
		subject: `${table} (${columns.join(', ')})`,
		severity: 'warn',
		confidence: 'certain',
		sentence: `${table} has no index on (${columns.join(', ')})${where}: ${use}`,
		clues: clue('rows', `about ${formatCount(numberIn(row, 'table_rows') ?? 0)}`),
		since: undefined,
		explains: [{ fault: 'sampler-fails', subject: '57014' }],
		next: [
			{
				say: 'Build it, outside of a transaction; it blocks nobody.',
				sql: `create index concurrently on ${table} (${columns.join(', ')})${where};`,
			},
		],
	};
}

function invalidFinding(row: Row): Finding {
	const index = textIn(row, 'index_name') ?? '';
	const quoted = identifier(index);
	const isLeftover = /_cc(new|old)\d*$/.test(index);
	return {
		fault: 'missing-index',
		subject: index,
		severity: 'warn',
		confidence: 'certain',
		sentence: `index ${index} on ${textIn(row, 'table_name')} is invalid: every write pays for it and no query uses it`,
		clues: clue('on', `${textIn(row, 'table_name')} (${textIn(row, 'columns') ?? ''})`),
		since: undefined,
		explains: [{ fault: 'sampler-fails', subject: '57014' }],
		next: [
			isLeftover
				? {
						say: 'It is what an interrupted REINDEX left: drop it.',
						sql: `drop index concurrently ${quoted};`,
					}
				: {
						say: 'Rebuild it, outside of a transaction; it blocks nobody.',
						sql: `reindex index concurrently ${quoted};`,
					},
		],
	};
}
