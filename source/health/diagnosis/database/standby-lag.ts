import { formatAge, formatCount } from '../../../lib/format.ts';
import { databaseOf } from '../../../sampling/panels.ts';
import type { FaultCheck } from '../check.ts';
import { agoAt, evidenceRows, numberIn } from '../evidence.ts';
import { clue } from '../finding.ts';

/** A standby is behind its primary. */
export const standbyLag: FaultCheck = {
	fault: 'standby-lag',
	title: 'The standby is behind',
	symptom: 'What is shown here is old, though the primary is fine.',
	cause:
		'This server is a standby, and its replay is paused, cut off from the primary, or slower than what comes in (a long query here may hold it up).',
	shows: 'pg_is_wal_replay_paused(), pg_stat_wal_receiver, received against replayed position.',
	fix: 'Resume the replay, mend the connection to the primary, or end the query that holds it up. Until then watch the primary.',
	asks: ['database/standby'],
	find(input) {
		const { isStandby, replayLagSeconds } = databaseOf(input.snapshot).data;
		const { warn, critical } = input.thresholds['replay-lag'];
		if (!isStandby || typeof replayLagSeconds !== 'number' || replayLagSeconds < (warn?.at ?? 5))
			return [];
		const row = evidenceRows(input, 'database/standby')?.[0];
		const bytes = numberIn(row, 'received_bytes_ahead');
		const isPaused = row?.is_paused === true;
		const isCutOff = row?.has_receiver === false;
		const cause = isPaused
			? 'its replay is paused'
			: isCutOff
				? 'it is cut off from its primary'
				: 'it replays more slowly than the primary writes';
		return [
			{
				fault: 'standby-lag',
				subject: '',
				severity: replayLagSeconds >= (critical?.at ?? 60) ? 'critical' : 'warn',
				confidence: row === undefined ? 'possible' : isPaused || isCutOff ? 'certain' : 'likely',
				sentence: `this is a standby ${formatAge(replayLagSeconds)} behind its primary: ${cause}; all ages here are at least as old`,
				clues: [
					...clue(
						'received and not replayed',
						bytes === undefined ? undefined : `${formatCount(bytes)} bytes`,
					),
					...clue('receiver', row && (isCutOff ? 'none' : 'connected')),
					...clue('queries cancelled for the replay', formatCount(numberIn(row, 'conflicts') ?? 0)),
				],
				since: agoAt(input, replayLagSeconds),
				explains: [{ signal: 'replay-lag' }],
				next: [
					isPaused
						? {
								say: 'Resume the replay, as superuser on the standby.',
								sql: 'select pg_wal_replay_resume();',
							}
						: isCutOff
							? { say: "Look into the standby's log: why does primary_conninfo not connect?" }
							: {
									say: 'See which query here holds the replay up.',
									sql: `select pid, application_name, now() - xact_start as open, left(query, 80) from pg_stat_activity where xact_start is not null order by xact_start limit 5;`,
								},
				],
			},
		];
	},
};
