import type { Environment } from '../console-context.ts';
import { activityPanel } from './activity.ts';
import { dirtyPanel } from './dirty.ts';
import type { FrameInput } from './frame-input.ts';
import { leasesPanel } from './leases.ts';
import { ownPanel } from './own-panel.ts';
import type { Panel } from './panel.ts';
import { rollupsPanel } from './rollups.ts';
import { runtimesPanel } from './runtimes.ts';
import { tasksPanel } from './tasks.ts';

/** The panels that ship, in the order in which one triages; a panel keeps its number wherever it stands. */
export const allPanels: readonly Panel[] = [
	tasksPanel,
	runtimesPanel,
	rollupsPanel,
	dirtyPanel,
	activityPanel,
	leasesPanel,
];

const byEnvironment = new WeakMap<Environment, readonly Panel[]>();

/** Every panel of this console: those that ship and the user's own, as chosen and ordered. */
export function panelsOf(environment: Environment): readonly Panel[] {
	const known = byEnvironment.get(environment);
	if (known !== undefined) return known;
	const { ownPanels, panels } = environment;
	const { order, hidden } = panels;
	const every = [
		...allPanels,
		...ownPanels.map((each, at) => ownPanel(each, allPanels.length + 1 + at)),
	];
	const shown = every.filter(({ id }) => !hidden.includes(id));
	const first = order.flatMap((id) => shown.filter((each) => each.id === id));
	const chosen = [...new Set([...first, ...shown])];
	byEnvironment.set(environment, chosen);
	return chosen;
}

/** The panels that this database has anything for. */
export const presentPanels = ({
	environment,
	report,
}: Pick<FrameInput, 'environment' | 'report'>): readonly Panel[] =>
	panelsOf(environment).filter((panel) => panel.stateOf(report.snapshot).isPresent);
