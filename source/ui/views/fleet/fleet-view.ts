import type { KeyFacts } from '../../binding.ts';
import type { ViewDefinition, ViewStep } from '../view.ts';
import { drawFleet } from './draw-fleet.ts';

/** The targets of the configuration, to choose one from; watched all at once if wished for. */
export type FleetView = {
	readonly kind: 'fleet';
	/** The name of the selected target; absent: the one that is shown. */
	readonly selected?: string;
	/** All of them are sampled while it is open. */
	readonly isWatching: boolean;
};

/** Choose a target, or look at all of them. */
export const fleetView: ViewDefinition<FleetView> = {
	kind: 'fleet',
	press(view, { intent }, facts) {
		switch (intent) {
			case 'targets':
				return { view: undefined };
			case 'watch-fleet':
				return { view: { ...view, isWatching: !view.isWatching } };
			case 'open-target':
				return chosen(view, facts);
			case 'up':
				return { view: moved(view, facts, -1) };
			case 'down':
				return { view: moved(view, facts, 1) };
			case 'top':
				return { view: moved(view, facts, Number.NEGATIVE_INFINITY) };
			case 'bottom':
				return { view: moved(view, facts, Number.POSITIVE_INFINITY) };
			default:
				return undefined;
		}
	},
	draw: drawFleet,
};

/** The selected target, by name: it may have gone from the list, never to another line of it. */
const selectedOf = ({ selected }: FleetView, { targets, target }: KeyFacts): number =>
	Math.max(0, targets.indexOf(selected ?? target ?? ''));

function moved(view: FleetView, facts: KeyFacts, step: number): FleetView {
	const last = facts.targets.length - 1;
	const selected = facts.targets[Math.max(0, Math.min(last, selectedOf(view, facts) + step))];
	return selected === undefined ? view : { ...view, selected };
}

function chosen(view: FleetView, facts: KeyFacts): ViewStep {
	const name = facts.targets[selectedOf(view, facts)];
	if (name === undefined) return { view };
	if (name === facts.target) return { view: undefined };
	// Another target's overlay, filter or confirmation must never meet this one's data.
	return { view, command: { kind: 'target', name } };
}
