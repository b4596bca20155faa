import { formatAge, formatCount, formatPlural } from '../../../lib/format.ts';
import { leasesOf } from '../../../sampling/panels.ts';
import type { FaultCheck } from '../check.ts';
import { agoAt, evidenceRows, numberIn, textIn } from '../evidence.ts';
import { clue } from '../finding.ts';

/** Ready runs, and no worker holds a lease. */
export const noWorkers: FaultCheck = {
	fault: 'no-workers',
	title: 'Ready runs and no worker',
	symptom: 'Runs stay QUEUED past their time; nothing is RUNNING.',
	cause:
		'No worker takes runs: all are stopped or crashed, or they are up and cannot claim (wrong database, wrong queue, a claim that fails).',
	shows:
		"runs: status 'QUEUED' with run_at in the past, none RUNNING with a lease in the future; workers.last_heartbeat_at is old.",
	fix: 'Start the workers. If their heartbeats are fresh, read their log: they live and cannot claim.',
	demo: 'no-workers',
	asks: ['lease/workers'],
	find(input) {
		const { isPresent, data } = leasesOf(input.snapshot);
		const { ready, active, oldestReadySeconds = 0 } = data;
		if (!isPresent || ready === undefined || active === undefined) return [];
		if (Number(ready) === 0 || Number(active) > 0) return [];
		const rows = evidenceRows(input, 'lease/workers');
		const known = numberIn(rows?.[0], 'known');
		const alive = rows === undefined ? undefined : (numberIn(rows[0], 'alive') ?? 0);
		const silent = numberIn(rows?.[0], 'silent_seconds');
		const areDead = alive === 0;
		// A worker between two runs holds no lease either: only time tells.
		const { critical } = input.thresholds['no-active-lease'];
		const isLong = oldestReadySeconds >= (critical?.forMs ?? 300_000) / 1000;
		if (!isLong && !(areDead && oldestReadySeconds >= 60)) return [];
		const runs = formatPlural(Number(ready), 'run');
		const waited = `the oldest for ${formatAge(oldestReadySeconds)}`;
		return [
			{
				fault: 'no-workers',
				subject: '',
				severity: isLong ? 'critical' : 'warn',
				confidence: areDead && known ? 'certain' : 'likely',
				sentence: areDead
					? `${runs} ready, ${waited}, and no worker is alive${silent === undefined ? '' : `: the last was heard ${formatAge(silent)} ago`}`
					: alive === undefined
						? `${runs} ready, ${waited}, and no worker holds a lease`
						: `${runs} ready, ${waited}: ${formatPlural(alive, 'worker')} beat but take nothing`,
				clues: [
					...clue(
						'workers',
						known === undefined
							? 'not recorded here'
							: `${formatCount(alive ?? 0)} of ${formatCount(known)} alive`,
					),
					...clue(
						'last heard',
						silent === undefined
							? undefined
							: `${textIn(rows?.[0], 'worker') ?? 'a worker'}, ${formatAge(silent)} ago`,
					),
				],
				since: agoAt(input, Math.min(silent ?? oldestReadySeconds, oldestReadySeconds)),
				explains: [
					{ signal: 'no-active-lease' },
					{ signal: 'oldest-ready-run' },
					{ signal: 'not-draining', subject: 'runs' },
				],
				next: [
					{
						say:
							areDead || alive === undefined
								? 'Start the workers.'
								: "Read a worker's log: it lives and cannot claim a run.",
					},
				],
			},
		];
	},
};
