import { formatAge, formatPlural } from '../../../lib/format.ts';
import { leasesOf } from '../../../sampling/panels.ts';
import type { FaultCheck } from '../check.ts';
import { evidenceRows, numberIn } from '../evidence.ts';
import { clue } from '../finding.ts';

/** Runs are queued, all of them for later: nothing hangs. */
export const futureOnly: FaultCheck = {
	fault: 'future-only',
	title: 'All queued runs are for later',
	symptom: 'Runs are QUEUED and nothing happens, though workers are up.',
	cause:
		'Every queued run has run_at in the future. That is a plan, not a fault, unless the host that planned them has a wrong clock or time zone: then all are off by the same hours.',
	shows: "runs: status 'QUEUED', none with run_at in the past.",
	fix: 'None is needed. If the times are wrong, mend the clock of the host that queues runs, and run_at.',
	demo: 'future-only',
	asks: ['lease/planned'],
	find(input) {
		const { data } = leasesOf(input.snapshot);
		const row = evidenceRows(input, 'lease/planned')?.[0];
		const next = numberIn(row, 'next_seconds');
		const future = Number(data.future ?? 0);
		const isIdle = data.ready === 0 && data.active === 0 && data.expired === 0;
		if (!isIdle || future === 0 || next === undefined) return [];
		return [
			{
				fault: 'future-only',
				subject: '',
				severity: 'note',
				confidence: 'certain',
				sentence: `nothing is ready: ${formatPlural(future, 'queued run')} ${future === 1 ? 'is' : 'are all'} planned for later, the next in ${formatAge(next)}`,
				clues: clue('last planned', `in ${formatAge(numberIn(row, 'last_seconds') ?? next)}`),
				since: undefined,
				explains: [],
				next: [
					{ say: 'Nothing is needed, if these times are meant.' },
					{
						say: 'If all are late by the same hours, the host that queues them has a wrong clock or time zone: see.',
						sql: `select queued_at, run_at, run_at - queued_at as ahead from runs where status = 'QUEUED' order by run_at limit 20;`,
					},
				],
			},
		];
	},
};
