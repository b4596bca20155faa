import { formatAge, formatCount } from '../../../lib/format.ts';
import { databaseOf } from '../../../sampling/panels.ts';
import type { SignalName } from '../../thresholds.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { agoAt, evidenceRows, numberIn } from '../evidence.ts';
import type { FaultName } from '../fault-names.ts';
import { clue, type Explained } from '../finding.ts';

/** What looks late where the rows themselves are: by the signal that has its age, then what counts and tells it. */
const aged: readonly (readonly [SignalName, readonly SignalName[], readonly FaultName[]])[] = [
	['expired-lease', ['expired-leases-remain', 'no-active-lease'], ['expired-leases']],
	['dispatched-not-started', [], ['stuck-dispatch']],
	['oldest-ready-task', ['not-draining'], ['nobody-dispatches', 'overload']],
	['oldest-ready-run', ['not-draining'], ['no-workers']],
	[
		'running-on-silent-runtime',
		['runtimes-silent', 'no-runtime-for-work'],
		['silent-runtime', 'fleet-silent'],
	],
	['rollup-run-age', [], ['ticks-stopped', 'abandoned-tick']],
	['dirty-oldest', ['dirty-rising'], ['dirty-grows']],
];

/** The rest of what a signal counts is an age that rows may have on the primary, and be well. */
const shareOfThreshold = 0.5;

/** All that the lag is long enough for. */
const explainedBy = (input: DiagnosisInput, lagSeconds: number): readonly Explained[] => [
	{ signal: 'replay-lag' },
	...aged
		.filter(([signal]) => lagSeconds >= shareOfThreshold * (input.thresholds[signal].warn?.at ?? 0))
		.flatMap(([signal, signals, faults]) => [
			...[signal, ...signals].map((each) => ({ signal: each })),
			...faults.map((fault) => ({ fault })),
		]),
];

/** A standby is behind its primary. */
export const standbyLag: FaultCheck = {
	fault: 'standby-lag',
	title: 'The standby is behind',
	symptom: 'What is shown here is old, though the primary is fine.',
	cause:
		'This server is a standby, and its replay is paused, cut off from the primary, or slower than what comes in (a long query here may hold it up).',
	shows: 'pg_is_wal_replay_paused(), pg_stat_wal_receiver, received against replayed position.',
	fix: 'Resume the replay, mend the connection to the primary, or end the query that holds it up. Until then watch the primary.',
	demo: 'standby-lag',
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
				sentence: `this is a standby ${formatAge(replayLagSeconds)} behind its primary: ${cause}; what it shows is as old`,
				clues: [
					...clue(
						'received and not replayed',
						bytes === undefined ? undefined : `${formatCount(bytes)} bytes`,
					),
					...clue('receiver', row && (isCutOff ? 'none' : 'connected')),
					...clue('queries cancelled for the replay', formatCount(numberIn(row, 'conflicts') ?? 0)),
				],
				since: agoAt(input, replayLagSeconds),
				explains: explainedBy(input, replayLagSeconds),
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
