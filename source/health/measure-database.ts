import { formatAge, formatPlural } from '../lib/format.ts';
import { databaseOf } from '../sampling/database.ts';
import type { Snapshot } from '../sampling/snapshot.ts';
import type { Measurement } from './measurement.ts';

/** Measures the server itself, and the samplers that watch it. */
export function measureDatabase(snapshot: Snapshot): Measurement[] {
	const { isPresent, data } = databaseOf(snapshot);
	if (!isPresent) return measureSamplers(snapshot);
	const one = { subject: '', panel: 'database', sampler: 'database/server' } as const;
	const { connections, maxConnections, replayLagSeconds, oldestTransactionSeconds } = data;
	return [
		{
			...one,
			signal: 'replay-lag',
			value: replayLagSeconds === null ? 0 : replayLagSeconds,
			sentence: () => `this standby replays ${formatAge(replayLagSeconds ?? 0)} behind its primary`,
		},
		{
			...one,
			signal: 'connections',
			value:
				connections === undefined || !maxConnections
					? undefined
					: (100 * connections) / maxConnections,
			sentence: () => `${connections} of ${maxConnections} connections are taken`,
		},
		// Null: this role may not see other sessions, and nothing can be said either way.
		...(oldestTransactionSeconds === null
			? []
			: [
					{
						...one,
						signal: 'oldest-transaction' as const,
						value: oldestTransactionSeconds,
						sentence: () =>
							`a transaction has been open for ${formatAge(oldestTransactionSeconds ?? 0)}`,
					},
				]),
		...measureSamplers(snapshot),
	];
}

function measureSamplers(snapshot: Snapshot): Measurement[] {
	const failing: Measurement[] = [];
	for (const [id, reading] of snapshot.readings) {
		if (reading.kind !== 'failed' && reading.kind !== 'stale') continue;
		const { failures, failure } = reading;
		failing.push({
			signal: 'sampler-failing',
			subject: id,
			sampler: id,
			panel: 'database',
			value: failures,
			sentence: () => `${id} failed ${formatPlural(failures, 'time')}: ${failure.sentence}`,
		});
	}
	return failing;
}
