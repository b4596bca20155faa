import type { Snapshot } from '../../sampling/snapshot.ts';
import { activityPanel } from './activity.ts';
import { dirtyPanel } from './dirty.ts';
import { leasesPanel } from './leases.ts';
import type { Panel } from './panel.ts';
import { rollupsPanel } from './rollups.ts';
import { runtimesPanel } from './runtimes.ts';
import { tasksPanel } from './tasks.ts';

/** Every panel, in the order in which one triages; a panel keeps its number wherever it stands. */
export const allPanels: readonly Panel[] = [
	tasksPanel,
	runtimesPanel,
	rollupsPanel,
	dirtyPanel,
	activityPanel,
	leasesPanel,
];

/** The panels that this database has anything for. */
export const presentPanels = (snapshot: Snapshot): readonly Panel[] =>
	allPanels.filter((panel) => panel.stateOf(snapshot).isPresent);
