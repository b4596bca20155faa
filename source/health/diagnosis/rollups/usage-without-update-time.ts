import { formatAge } from '../../../lib/format.ts';
import type { FaultCheck } from '../check.ts';
import { evidenceRows, numberIn } from '../evidence.ts';
import { clue } from '../finding.ts';

/** Older than a day is legacy, and fine: windows read created_at there. */
const recentSeconds = 86_400;

/** Usage rows that are still written without updated_at. */
export const usageWithoutUpdateTime: FaultCheck = {
	fault: 'usage-without-update-time',
	title: 'Usage is written without updated_at',
	symptom: 'Corrections of usage never show in the rollups.',
	cause:
		'Rows from before the column updated_at have NULL there, and count by created_at: that is fine. A new row with NULL is not: a part of the application still runs an old version, or the column lost its default, and when such a row is corrected no window notices.',
	shows:
		'task_usage: rows with updated_at NULL whose created_at is later than the first updated_at.',
	fix: 'Set the default again and upgrade what writes usage.',
	demo: 'usage-untimed',
	asks: ['rollup/usage-times'],
	find(input) {
		const row = evidenceRows(input, 'rollup/usage-times')?.[0];
		const newest = numberIn(row, 'newest_without_seconds');
		const first = numberIn(row, 'first_with_seconds');
		if (newest === undefined || first === undefined) return [];
		if (newest >= first || newest >= recentSeconds) return [];
		const hasDefault = row?.has_default === true;
		return [
			{
				fault: 'usage-without-update-time',
				subject: '',
				severity: 'warn',
				confidence: hasDefault ? 'likely' : 'certain',
				sentence: `usage is still written without updated_at, last ${formatAge(newest)} ago: corrections of such rows never reach the rollups`,
				clues: [
					...clue('default of the column', hasDefault ? 'there' : 'none'),
					...clue('first row with updated_at', `${formatAge(first)} ago`),
				],
				since: undefined,
				explains: [],
				next: [
					hasDefault
						? { say: 'Find what writes usage with an old version, and upgrade it.' }
						: {
								say: 'Give the column its default again.',
								sql: 'alter table task_usage alter column updated_at set default now();',
							},
					{
						say: 'Mend the rows that are there.',
						sql: `update task_usage set updated_at = now() where updated_at is null and created_at > now() - interval '${Math.ceil(first / 86_400)} days';`,
					},
				],
			},
		];
	},
};
