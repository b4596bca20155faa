import { formatAge, formatCount } from '../../../lib/format.ts';
import type { Row } from '../../../sampling/reading.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { agoAt, evidenceRows, literal, numberIn, textIn } from '../evidence.ts';
import { clue, type Finding, type NextStep } from '../finding.ts';

/** A slot that has fallen so far behind has lost its reader. */
const manyTransactions = 100_000;

/** A transaction has been open so long that nothing newer than it can be cleaned up, or others wait for its locks. */
export const oldTransaction: FaultCheck = {
	fault: 'old-transaction',
	title: 'An old transaction holds back cleanup',
	symptom:
		'Tables that change a lot (queues above all) grow, and everything on them becomes slower by the hour.',
	cause:
		'A session or a prepared transaction was left open, or a replication slot has lost its reader. Rows that died after it began must be kept for it, in every table. One that reads a statement at a time has no need of them between two; its locks it keeps all the same.',
	shows:
		'pg_stat_activity: the oldest xact_start with backend_xmin or backend_xid set; pg_prepared_xacts; pg_replication_slots with xmin or catalog_xmin.',
	fix: 'Commit or end it. A client that forgets its transactions should get idle_in_transaction_session_timeout.',
	demo: 'old-transaction',
	asks: ['database/transactions'],
	find(input) {
		const { warn, critical } = input.thresholds['oldest-transaction'];
		const all = evidenceRows(input, 'database/transactions') ?? [];
		const rows = all.filter(({ kind }) => kind !== 'slot');
		const slots = all
			.filter((row) => isForgottenSlot(row, warn?.at ?? 120))
			.map(slotFinding(input));
		const database = input.snapshot.identity?.database;
		const old = rows
			.filter(
				(row) =>
					row.holds_back === true && (numberIn(row, 'open_seconds') ?? 0) >= (warn?.at ?? 120),
			)
			.toSorted((a, b) => (numberIn(b, 'open_seconds') ?? 0) - (numberIn(a, 'open_seconds') ?? 0));
		const [oldest] = old;
		if (oldest) return [finding(input, oldest, old.length, critical?.at ?? 900), ...slots];
		// Between two statements it may have no snapshot, and holds back nothing but what waits for its locks.
		const [forgotten, ...others] = rows.filter(
			(row) =>
				row.database === database && (numberIn(row, 'open_seconds') ?? 0) >= (warn?.at ?? 120),
		);
		if (forgotten)
			return [finding(input, forgotten, others.length + 1, critical?.at ?? 900), ...slots];
		const [elsewhere] = rows.filter(
			(row) =>
				row.database !== database && (numberIn(row, 'open_seconds') ?? 0) >= (warn?.at ?? 120),
		);
		return [...(elsewhere ? [elsewhereFinding(input, elsewhere)] : []), ...slots];
	},
};

function finding(input: DiagnosisInput, row: Row, count: number, criticalSeconds: number): Finding {
	const seconds = numberIn(row, 'open_seconds') ?? 0;
	const isPrepared = row.kind === 'prepared';
	const pid = numberIn(row, 'pid');
	const application = textIn(row, 'application') ?? '';
	const who = isPrepared
		? `prepared transaction ${application}`
		: `pid ${pid}${application === '' ? '' : ` (${application})`}`;
	const state = textIn(row, 'state');
	const doing =
		state === undefined
			? ''
			: state === 'active'
				? ', at work'
				: `, ${state} for ${formatAge(numberIn(row, 'state_seconds') ?? 0)}`;
	return {
		fault: 'old-transaction',
		subject: isPrepared ? application : String(pid ?? ''),
		severity: seconds >= criticalSeconds ? 'critical' : 'warn',
		confidence: 'certain',
		sentence: `${who} has kept a transaction open for ${formatAge(seconds)}${doing}: ${row.holds_back === true ? 'nothing that died since can be cleaned up' : 'whatever it has locked stays locked, though it holds back no cleanup'}`,
		clues: [
			...clue('user', textIn(row, 'user_name')),
			...clue('client', textIn(row, 'client')),
			...clue('database', textIn(row, 'database')),
			...clue(state === 'active' ? 'query' : 'last query', textIn(row, 'query')),
			...clue('others as old', count > 1 ? String(count - 1) : undefined),
		],
		since: agoAt(input, seconds),
		explains: [{ signal: 'oldest-transaction' }],
		next: isPrepared ? prepared(application) : session(pid, state),
	};
}

/** The server counts it among its oldest, and here it does no harm. */
function elsewhereFinding(input: DiagnosisInput, row: Row): Finding {
	const seconds = numberIn(row, 'open_seconds') ?? 0;
	const pid = numberIn(row, 'pid');
	return {
		fault: 'old-transaction',
		subject: String(pid ?? textIn(row, 'application') ?? ''),
		severity: 'note',
		confidence: 'certain',
		sentence: `a transaction has been open for ${formatAge(seconds)} in database ${textIn(row, 'database') ?? ''}: it holds back nothing here`,
		clues: [
			...clue('pid', pid === undefined ? undefined : String(pid)),
			...clue('application', textIn(row, 'application')),
		],
		since: agoAt(input, seconds),
		explains: [{ signal: 'oldest-transaction' }],
		next: [],
	};
}

/** A reader that is away for long; where no time is known, one that many transactions have passed. */
function isForgottenSlot(row: Row, seconds: number): boolean {
	if (row.kind !== 'slot' || row.state !== 'inactive') return false;
	const open = numberIn(row, 'open_seconds');
	return open === undefined
		? (numberIn(row, 'age_transactions') ?? 0) >= manyTransactions
		: open >= seconds;
}

const slotFinding =
	(input: DiagnosisInput) =>
	(row: Row): Finding => {
		const name = textIn(row, 'application') ?? '';
		const seconds = numberIn(row, 'open_seconds');
		return {
			fault: 'old-transaction',
			subject: name,
			severity: 'warn',
			confidence: 'certain',
			sentence: `nobody reads replication slot ${name}${seconds === undefined ? '' : `, for ${formatAge(seconds)}`}: what died since is kept for it, and so is all WAL`,
			clues: [
				...clue('database', textIn(row, 'database')),
				...clue('transactions since', formatCount(numberIn(row, 'age_transactions') ?? 0)),
			],
			since: agoAt(input, seconds),
			explains: [],
			next: [
				{ say: 'Start whoever reads it again.' },
				{
					say: 'If nobody will, drop it.',
					sql: `select pg_drop_replication_slot(${literal(name)});`,
				},
			],
		};
	};

const prepared = (name: string): readonly NextStep[] => [
	{
		say: 'Whoever prepared it must decide; if nobody will, take it back.',
		sql: `rollback prepared ${literal(name)};`,
	},
];

const session = (pid: number | undefined, state: string | undefined): readonly NextStep[] => [
	state === 'active'
		? {
				say: 'If it is not meant to run so long, cancel its query.',
				sql: `select pg_cancel_backend(${pid});`,
			}
		: {
				say: 'If nobody needs it, end the session; its transaction is rolled back.',
				sql: `select pg_terminate_backend(${pid});`,
			},
];
