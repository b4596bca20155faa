import { formatAge, formatCount, formatPercent } from '../../../lib/format.ts';
import type { Maybe } from '../../../sampling/panel-data.ts';
import type { Row } from '../../../sampling/reading.ts';
import type { FaultCheck } from '../check.ts';
import { evidenceRows, literal, numberIn, textIn } from '../evidence.ts';
import { clue } from '../finding.ts';

const named = 4;

/** The server is nearly out of connections. */
export const connectionsFull: FaultCheck = {
	fault: 'connections-full',
	title: 'Nearly out of connections',
	symptom: '"too many connections", or logins and tasks that fail now and then.',
	cause:
		'One application keeps more connections than it uses, or several pools together are larger than max_connections.',
	shows:
		'pg_stat_activity: client backends by application_name and state, against max_connections.',
	fix: 'Make the pool smaller or put a pooler before it; end idle sessions to win time.',
	demo: 'connections-full',
	asks: ['database/connections'],
	find(input) {
		const rows = evidenceRows(input, 'database/connections') ?? [];
		const max = numberIn(rows[0], 'max_connections');
		if (max === undefined) return [];
		const taken = numberIn(rows[0], 'taken') ?? 0;
		const { warn, critical } = input.thresholds.connections;
		const percent = (100 * taken) / max;
		if (percent < (warn?.at ?? 80)) return [];
		const [first] = rows;
		const most = textIn(first, 'application') || textIn(first, 'user_name') || 'one application';
		const theirs = numberIn(first, 'connections') ?? 0;
		const state = textIn(first, 'state');
		return [
			{
				fault: 'connections-full',
				subject: '',
				severity: percent >= (critical?.at ?? 95) ? 'critical' : 'warn',
				confidence: theirs > taken / 2 ? 'certain' : 'likely',
				sentence: `${formatCount(taken)} of ${formatCount(max)} connections are taken (${formatPercent(taken / max)}), ${formatCount(theirs)} of them by ${most}${state === undefined ? '' : ` (${state})`}`,
				clues: [
					...rows.slice(0, named).flatMap((row) => {
						const longest = numberIn(row, 'longest_seconds');
						return clue(
							textIn(row, 'application') || `user ${textIn(row, 'user_name') ?? 'unknown'}`,
							`${formatCount(numberIn(row, 'connections') ?? 0)} ${textIn(row, 'state') ?? 'in a state this role may not see'}${longest === undefined ? '' : `, up to ${formatAge(longest)}`}`,
						);
					}),
					...clue('kept for superusers', formatCount(numberIn(first, 'reserved') ?? 0)),
				],
				since: undefined,
				explains: [{ signal: 'connections' }],
				next: [
					{ say: `Make the pool of ${most} smaller, or put a pooler before it.` },
					{
						say: 'To win time, end its sessions that have been idle for long.',
						sql: endIdleSql(first),
					},
				],
			},
		];
	},
};

/** Of this very group only: many clients have no name, and other users may have the same one. */
function endIdleSql(row: Maybe<Row>): string {
	const user = textIn(row, 'user_name');
	const database = textIn(row, 'database');
	const whose = [
		`application_name = ${literal(textIn(row, 'application') ?? '')}`,
		...(user === undefined ? [] : [`usename = ${literal(user)}`]),
		...(database === undefined ? [] : [`datname = ${literal(database)}`]),
	];
	return `select pg_terminate_backend(pid) from pg_stat_activity where ${whose.join(' and ')} and state = 'idle' and state_change < now() - interval '10 minutes';`;
}
