import { countOf, type LeasesData, type PanelState } from './panel-data.ts';
import { numberOf, panelState, rowIn, rowsIn, textOf } from './panel-state.ts';
import type { Snapshot } from './snapshot.ts';

const samplers = ['lease/ready', 'lease/running', 'lease/depth', 'lease/workers'] as const;

/** The lease panel's data. */
export function leasesOf(snapshot: Snapshot): PanelState<LeasesData> {
	const ready = rowIn(snapshot, 'lease/ready');
	const running = rowIn(snapshot, 'lease/running');
	return panelState(snapshot, samplers, {
		ready: countOf(ready, 'ready'),
		future: countOf(ready, 'future'),
		// Recordings of before have the age of the oldest only.
		longestWaitSeconds:
			numberOf(ready, 'longest_wait_seconds') ??
			numberOf(ready, 'oldest_ready_seconds') ??
			undefined,
		active: countOf(running, 'active'),
		expired: countOf(running, 'expired'),
		oldestExpiredSeconds: numberOf(running, 'oldest_expired_seconds'),
		workersAlive: countOf(rowIn(snapshot, 'lease/workers'), 'alive'),
		byStatus: rowsIn(snapshot, 'lease/depth')?.map((row) => ({
			status: textOf(row, 'status') ?? '',
			runs: countOf(row, 'runs') ?? 0,
		})),
	});
}
