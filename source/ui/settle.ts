import type { Shown } from './binding.ts';
import type { UiState } from './state.ts';
import { definitionOf } from './views/all-views.ts';

/**
 * The state with what the open view has to remember of what it shows; the same where that is nothing
 * new. What is shown in the new state settles it no further.
 */
export function settled(state: UiState, shown: Shown): UiState {
	const { view, overlay } = state;
	if (view === undefined || overlay !== undefined) return state;
	const next = definitionOf(view).settle?.(view, shown) ?? view;
	return next === view ? state : { ...state, view: next };
}
