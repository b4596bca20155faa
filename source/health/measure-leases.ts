import { formatAge, formatPlural } from '../lib/format.ts';
import { leasesOf } from '../sampling/lease.ts';
import type { Snapshot } from '../sampling/snapshot.ts';
import type { Measurement } from './measurement.ts';

/** Measures the run queue: what waits, and whether those who hold leases are alive. */
export function measureLeases(snapshot: Snapshot): Measurement[] {
	const { isPresent, data } = leasesOf(snapshot);
	if (!isPresent) return [];
	const one = { subject: '', panel: 'leases' } as const;
	const ready = data.ready === undefined ? undefined : Number(data.ready);
	const active = data.active === undefined ? undefined : Number(data.active);
	const expired = data.expired === undefined ? undefined : Number(data.expired);
	const runs = formatPlural(ready ?? 0, 'run');
	return [
		{
			...one,
			signal: 'oldest-ready-run',
			sampler: 'lease/ready',
			value: data.longestWaitSeconds,
			sentence: () =>
				`the oldest of ${runs} ready has waited ${formatAge(data.longestWaitSeconds ?? 0)}`,
		},
		{
			...one,
			signal: 'not-draining',
			sampler: 'lease/ready',
			subject: 'runs',
			isLevel: true,
			value: ready,
			sentence: (_, seconds) => `${runs} ready and not one fewer for ${formatAge(seconds)}`,
		},
		{
			...one,
			signal: 'expired-lease',
			sampler: 'lease/running',
			value: data.oldestExpiredSeconds === null ? 0 : data.oldestExpiredSeconds,
			sentence: () =>
				`${formatPlural(expired ?? 0, 'running lease')} expired up to ${formatAge(data.oldestExpiredSeconds ?? 0)} ago and nobody took them back: a worker crashed`,
		},
		{
			...one,
			signal: 'expired-leases-remain',
			sampler: 'lease/running',
			value: expired,
			sentence: () => `${formatPlural(expired ?? 0, 'expired lease')}, without a break for over 2m`,
		},
		{
			...one,
			signal: 'no-active-lease',
			sampler: 'lease/running',
			value: ready === undefined || active === undefined ? undefined : active > 0 ? 0 : ready,
			sentence: () => `${runs} ready and no worker holds a lease`,
		},
	];
}
