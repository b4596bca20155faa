import { formatCount } from '../../../lib/format.ts';
import { databaseOf } from '../../../sampling/panels.ts';
import type { Row } from '../../../sampling/reading.ts';
import type { FaultCheck } from '../check.ts';
import { evidenceRows, numberIn, textIn } from '../evidence.ts';
import { clue } from '../finding.ts';

/** A smaller table is read whole whatever the planner believes. */
const smallestBytes = 1_000_000;

/** With so many changes autovacuum comes by itself, within its minute: `autovacuum_analyze_threshold`. */
const analyzedSoonRows = 50;

/** The planner has never seen statistics of a large table. */
export const noStatistics: FaultCheck = {
	fault: 'no-statistics',
	title: 'A queue table without statistics',
	symptom: 'Queries that were fast yesterday time out; windows take minutes.',
	cause:
		'The table was never analysed: the server was upgraded (statistics do not come along, and autovacuum waits for changes), or autovacuum is off. The planner guesses, and guesses wrong.',
	shows: 'pg_class.reltuples = -1 and no rows in pg_stats for a table of some size.',
	fix: 'ANALYZE the table; turn autovacuum on.',
	demo: 'no-statistics',
	asks: ['database/statistics'],
	find(input) {
		const rows = evidenceRows(input, 'database/statistics') ?? [];
		// A standby has the statistics of its primary, and can't make its own.
		if (databaseOf(input.snapshot).data.isStandby) return [];
		return rows
			.filter(
				(row) =>
					(numberIn(row, 'bytes') ?? 0) >= smallestBytes &&
					row.has_statistics === false &&
					!isComing(row) &&
					(row.has_counted === false || row.can_tell === true),
			)
			.map((row) => {
				const table = textIn(row, 'table_name') ?? '';
				return {
					fault: 'no-statistics',
					subject: table,
					severity: 'warn',
					confidence: row.has_counted === false ? 'certain' : 'likely',
					sentence: `statistics were never gathered on ${table}: the planner guesses, and queries on it may take minutes`,
					clues: [
						...clue('size', `${formatCount((numberIn(row, 'bytes') ?? 0) / 1e6)} MB`),
						...clue('autovacuum', row.autovacuum === false ? 'off for this table or server' : 'on'),
					],
					since: undefined,
					explains: [{ fault: 'sampler-fails', subject: '57014' }],
					next: [
						{ say: 'Gather them; it reads a sample and blocks nobody.', sql: `analyze ${table};` },
					],
				} as const;
			});
	},
};

/** A table that was just filled; one that was upgraded or restored whole shows no changes, and waits for ever. */
const isComing = (row: Row): boolean =>
	row.autovacuum === true && (numberIn(row, 'changed_rows') ?? 0) >= analyzedSoonRows;
