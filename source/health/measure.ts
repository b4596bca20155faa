import type { Snapshot } from '../sampling/snapshot.ts';
import { measureDatabase } from './measure-database.ts';
import { measureLeases } from './measure-leases.ts';
import { measureRollups } from './measure-rollups.ts';
import { measureTasks } from './measure-tasks.ts';
import type { Measurement } from './measurement.ts';

/**
 * Everything that can be measured in a snapshot: what isn't in this database, or not yet asked, is not.
 * @param walked pipelines that a walk holds up by right; by default those where the snapshot shows one
 */
export const measure = (snapshot: Snapshot, walked?: ReadonlySet<string>): Measurement[] =>
	[
		...measureTasks(snapshot),
		...measureRollups(snapshot, walked),
		...measureLeases(snapshot),
		...measureDatabase(snapshot),
	].filter(({ sampler }) => {
		const kind = snapshot.readings.get(sampler)?.kind ?? 'unavailable';
		return kind !== 'unavailable' && kind !== 'pending';
	});
