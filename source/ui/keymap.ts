import type { Binding, KeyFacts, Place } from './binding.ts';
import { listKeys } from './keys/list-keys.ts';
import { moveKeys } from './keys/move-keys.ts';
import { panelKeys } from './keys/panel-keys.ts';
import { samplingKeys } from './keys/sampling-keys.ts';
import { targetKeys } from './keys/target-keys.ts';
import { usageKeys } from './keys/usage-keys.ts';
import { actionLabel } from './overlays/actions.ts';
import { pastBindings, whyNotInPast } from './past-keys.ts';

/** All bindings of this version; a key that isn't here does nothing. */
export const bindings: readonly Binding[] = [
	{
		intent: 'help',
		keys: ['?'],
		shown: '?',
		label: ({ place }) => (place === 'help' ? 'close' : 'help'),
		description: 'List the keys and what the glyphs mean; / in it searches',
		footer: 0,
	},
	{
		intent: 'diagnose',
		keys: ['d'],
		shown: 'd',
		label: ({ place }) => (place === 'diagnosis' ? 'close' : 'diagnose'),
		description: 'Say what is wrong, why, and what to do; R in it asks again',
		footer: 2,
		reason: ({ isLost, hasDiagnosis, place, past }) =>
			isLost && !hasDiagnosis && !past && place !== 'diagnosis'
				? 'there is no server to ask'
				: undefined,
	},
	{
		intent: 'actions',
		keys: ['a'],
		shown: 'a',
		label: ({ desk, place }) => actionLabel(desk, place === 'actions'),
		description: 'Act on a rollup: tick, replay, repair, backfill; it asks first',
		footer: 3,
		reason: (facts) =>
			facts.place === 'actions' ? undefined : (whyNotInPast(facts) ?? facts.whyNoActions),
	},
	...samplingKeys,
	...listKeys,
	...usageKeys,
	...panelKeys,
	{
		intent: 'log',
		keys: ['L'],
		shown: 'L',
		label: () => 'log',
		description: 'Show what happened, newest first',
		footer: 8,
	},
	...pastBindings,
	...targetKeys,
	...moveKeys,
	{
		intent: 'back',
		keys: ['escape'],
		shown: 'esc',
		label: () => 'back',
		description: 'Close what is open, unfocus, leave the past',
		footer: 1,
		reason: ({ canGoBack }) => (canGoBack ? undefined : 'nothing is open'),
	},
	{
		intent: 'quit',
		keys: ['q', 'ctrl-c'],
		shown: 'q',
		label: () => 'quit',
		description: 'Quit; ctrl-c does too',
		footer: 1,
	},
	{
		intent: 'suspend',
		keys: ['ctrl-z'],
		shown: 'ctrl-z',
		label: () => 'suspend',
		description: 'Go back to the shell for a while; fg there brings the console back',
		reason: ({ desk }) =>
			desk.phase.kind === 'running'
				? 'an action is running, and would stand still with its locks'
				: undefined,
	},
];

/**
 * The binding of a key at a place, which may have keys of its own; undefined for a key that is for
 * nothing. A key that is for something elsewhere gives that.
 */
export function bindingOf(key: string, place: Place): Binding | undefined {
	const bound = bindings.filter(({ keys }) => keys.includes(key));
	return (
		bound.find(({ only }) => only?.includes(place)) ??
		bound.find(({ only }) => only === undefined) ??
		bound[0]
	);
}

/** What the places are called that have keys of their own. */
const placeNames: { readonly [At in Place]?: string } = {
	overview: 'the overview',
	list: 'a list',
	log: 'the log',
	help: 'the help',
	fleet: 'the list of targets',
};

/** Such as `the overview, a list or the log`. */
const placesText = (places: readonly Place[]): string => {
	const names = places.map((place) => placeNames[place] ?? place);
	const last = names.at(-1) ?? '';
	return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} or ${last}`;
};

/** Why a binding can do nothing now; undefined: it can. */
export function reasonOf(binding: Binding, facts: KeyFacts): string | undefined {
	const { only, reason } = binding;
	if (only !== undefined && !only.includes(facts.place)) return `only in ${placesText(only)}`;
	return reason?.(facts);
}
