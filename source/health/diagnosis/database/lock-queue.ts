import { formatAge, formatCount, formatPlural } from '../../../lib/format.ts';
import type { Row } from '../../../sampling/reading.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { agoAt, evidenceRows, literal, numberIn, textIn } from '../evidence.ts';
import { clue, type Finding, type NextStep } from '../finding.ts';

/** A wait for a table that is shorter than this is daily business. */
const shortestWaitSeconds = 3;

/** Modes that let nobody else through, or no writer: what a migration asks for. */
const heavyModes: ReadonlySet<string | undefined> = new Set([
	'AccessExclusiveLock',
	'ExclusiveLock',
	'ShareRowExclusiveLock',
	'ShareLock',
]);

/** Sessions queue up for a table behind one that waits for, or has, a heavy lock on it. */
export const lockQueue: FaultCheck = {
	fault: 'lock-queue',
	title: 'A lock queue behind a migration',
	symptom:
		'Everything that touches one table hangs, from one moment to the next, and connections run out.',
	cause:
		'A migration (ALTER TABLE, CREATE INDEX, VACUUM FULL, LOCK) waits for a long transaction to let go of the table, and everybody who comes later waits behind the migration.',
	shows:
		'pg_locks: locktype relation, not granted, and pg_blocking_pids() of the first that waits.',
	fix: 'End the long transaction in front, or cancel the migration and run it again with a lock_timeout.',
	demo: 'lock-queue',
	asks: ['database/lock-queue'],
	find(input) {
		const rows = evidenceRows(input, 'database/lock-queue') ?? [];
		const waiters = rows.filter((row) => row.is_waiting === true);
		const byTable = Map.groupBy(waiters, (row) => textIn(row, 'waits_for') ?? '');
		return [...byTable].flatMap(([table, queue]) => {
			const longest = Math.max(...queue.map((row) => numberIn(row, 'wait_seconds') ?? 0));
			return longest < shortestWaitSeconds ? [] : [finding(input, table, queue, rows)];
		});
	},
};

const pidOf = (row: Row): number => numberIn(row, 'pid') ?? 0;

const nameOf = (row: Row): string => {
	const prepared = textIn(row, 'prepared');
	if (prepared !== undefined) return `prepared transaction ${prepared}`;
	const application = textIn(row, 'application');
	return `pid ${pidOf(row)}${application ? ` (${application})` : ''}`;
};

/** Whoever stands in the way and waits for nobody himself. */
function rootsOf(table: string, queue: readonly Row[], rows: readonly Row[]): readonly Row[] {
	const waiting = new Set(rows.filter((row) => row.is_waiting === true).map(pidOf));
	const blockers = new Set(
		queue.flatMap((row) => (textIn(row, 'blocked_by') ?? '').split(' ').map(Number)),
	);
	return rows.filter((row) =>
		textIn(row, 'prepared') === undefined
			? blockers.has(pidOf(row)) && !waiting.has(pidOf(row))
			: textIn(row, 'holds') === table,
	);
}

function finding(
	input: DiagnosisInput,
	table: string,
	queue: readonly Row[],
	rows: readonly Row[],
): Finding {
	const longest = Math.max(...queue.map((row) => numberIn(row, 'wait_seconds') ?? 0));
	const migration = queue.find((row) => heavyModes.has(textIn(row, 'mode')));
	const [root] = rootsOf(table, queue, rows);
	const others = queue.length - (migration ? 1 : 0);
	const front = root ? nameOf(root) : 'a session that has ended since';
	const state = root && textIn(root, 'state');
	const open = root && numberIn(root, 'transaction_seconds');
	const rootText = `${front}${state === undefined ? '' : ` (${state}${open === undefined ? '' : `, transaction open ${formatAge(open)}`})`}`;
	return {
		fault: 'lock-queue',
		subject: table,
		severity: others >= 3 || longest >= 60 ? 'critical' : 'warn',
		confidence: 'certain',
		sentence: migration
			? `${nameOf(migration)} has waited ${formatAge(numberIn(migration, 'wait_seconds') ?? 0)} to lock ${table} behind ${front}${others > 0 ? `, and ${formatPlural(others, 'session')} wait${others === 1 ? 's' : ''} in the queue with it` : ''}`
			: `${formatPlural(others, 'session')} ${others === 1 ? 'has' : 'have'} waited up to ${formatAge(longest)} for ${table}, which ${front} has locked`,
		clues: [
			...clue('in front', rootText),
			...clue('its query', root && textIn(root, 'query')),
			...clue(
				'waits to lock',
				migration &&
					`${nameOf(migration)}: ${textIn(migration, 'query') ?? textIn(migration, 'mode') ?? ''}`,
			),
			...clue('in the queue', formatCount(queue.length)),
		],
		since: agoAt(input, longest),
		explains: [{ fault: 'sampler-fails', subject: '55P03' }],
		next: [
			...(root ? [endStep(root)] : []),
			...(migration
				? [
						{
							say: "Or cancel the migration; then run it again with set lock_timeout = '2s'.",
							sql: `select pg_cancel_backend(${pidOf(migration)});`,
						},
					]
				: []),
		],
	};
}

function endStep(root: Row): NextStep {
	const prepared = textIn(root, 'prepared');
	return prepared === undefined
		? {
				say: 'End the session in front, if nobody needs it.',
				sql: `select pg_terminate_backend(${pidOf(root)});`,
			}
		: {
				say: 'Whoever prepared it must decide; if nobody will, take it back.',
				sql: `rollback prepared ${literal(prepared)};`,
			};
}
