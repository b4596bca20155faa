import { formatAge, formatCount, formatPlural } from '../../../lib/format.ts';
import { leasesOf } from '../../../sampling/panels.ts';
import type { FaultCheck } from '../check.ts';
import { agoAt, evidenceRows, numberIn, textIn } from '../evidence.ts';
import { clue } from '../finding.ts';

const named = 3;

/** Running runs whose lease ran out, and nobody takes them back. */
export const expiredLeases: FaultCheck = {
	fault: 'expired-leases',
	title: 'Expired leases that nobody reclaims',
	symptom: 'Runs stay RUNNING for ever; what they should do is never done.',
	cause:
		'A worker crashed or was cut off, so its leases ran out; and what should put such runs back into the queue does not run either.',
	shows:
		"runs: status 'RUNNING' and lease_expires_at in the past; the owner's row in workers is old.",
	fix: 'Start the worker and the reclaimer again. By hand: put the runs back into the queue, if doing them twice does no harm.',
	demo: 'expired-leases',
	asks: ['lease/expired'],
	find(input) {
		const rows = evidenceRows(input, 'lease/expired') ?? [];
		const oldest = Math.max(0, ...rows.map((row) => numberIn(row, 'oldest_seconds') ?? 0));
		const { warn, critical } = input.thresholds['expired-lease'];
		if (rows.length === 0 || oldest < (warn?.at ?? 30)) return [];
		const runs = rows.reduce((sum, row) => sum + (numberIn(row, 'runs') ?? 0), 0);
		const [first] = rows;
		const owner = rows.length === 1 ? textIn(first, 'owner') : undefined;
		const silent = numberIn(first, 'silent_seconds');
		const died = owner && silent !== undefined && silent > 60;
		const active = leasesOf(input.snapshot).data.active;
		return [
			{
				fault: 'expired-leases',
				subject: owner ?? '',
				severity: critical && oldest >= critical.at ? 'critical' : 'warn',
				confidence: 'certain',
				sentence: died
					? `worker ${owner} died ${formatAge(silent)} ago with ${formatPlural(runs, 'run')} in hand, and nobody takes them back`
					: `${formatPlural(runs, 'running lease')} expired up to ${formatAge(oldest)} ago${owner ? `, all of ${owner}` : ''}, and nobody takes them back`,
				clues: [
					...rows.slice(0, named).flatMap((row) => {
						const heard = numberIn(row, 'silent_seconds');
						return clue(
							textIn(row, 'owner') ?? 'owner not recorded',
							`${formatPlural(numberIn(row, 'runs') ?? 0, 'run')}, expired up to ${formatAge(numberIn(row, 'oldest_seconds') ?? 0)} ago${heard === undefined ? '' : `, heard ${formatAge(heard)} ago`}`,
						);
					}),
					...clue('leases that hold', active === undefined ? undefined : formatCount(active)),
				],
				since: agoAt(input, oldest),
				explains: [{ signal: 'expired-lease' }, { signal: 'expired-leases-remain' }],
				next: [
					{ say: 'Start the worker again, and what reclaims expired leases.' },
					{
						say: 'By hand, where doing a run twice does no harm: put them back into the queue.',
						sql: `update runs set status = 'QUEUED', lease_expires_at = null where status = 'RUNNING' and lease_expires_at < now() - interval '90 seconds';`,
					},
				],
			},
		];
	},
};
