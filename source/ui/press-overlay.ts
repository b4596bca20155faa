import { hasKey } from '../actions/desk-state.ts';
import type { Intent } from './binding.ts';
import { scrolledTop } from './scroll-keys.ts';
import { pressSieve } from './sieve.ts';
import type { Overlay, Step, StepFacts, UiState } from './state.ts';
import { typed } from './typing.ts';
import type { ViewKey } from './views/view.ts';

/** The state without what lies over the body. */
export const withoutOverlay = ({ overlay: _, ...state }: UiState): UiState => state;

/** Opens what isn't open, closes it where it is. */
export const toggled = (state: UiState, overlay: Overlay): UiState =>
	state.overlay?.kind === overlay.kind ? withoutOverlay(state) : { ...state, overlay };

/** Letters are typed into what lies over the body. */
export function isTypingInto(overlay: Overlay): boolean {
	if (overlay.kind === 'help') return overlay.isTyping;
	return overlay.kind === 'palette' || (overlay.kind === 'log' && overlay.sieve.isTyping);
}

/** A key in what lies over the body; undefined for one that means the same elsewhere. */
export function pressInOverlay(
	state: UiState,
	overlay: Overlay,
	{ key, intent }: ViewKey,
	facts: StepFacts,
): Step | undefined {
	const next = (changed: Overlay): Step => ({ state: { ...state, overlay: changed } });
	const top = scrolledTop(overlay.top, intent, facts);
	if (top !== undefined) return next({ ...overlay, top });
	if (overlay.kind === 'help') {
		if (overlay.isTyping) return next(typed(overlay, key));
		if (intent === 'filter') return next({ ...overlay, top: 0, isTyping: true });
		if (intent === 'back' && overlay.query !== '') return next({ ...overlay, query: '', top: 0 });
	}
	if (overlay.kind === 'log') {
		const sieve = pressSieve(overlay.sieve, { key, intent });
		if (sieve !== undefined) return next({ ...overlay, sieve, top: 0 });
	}
	// What is zoomed already is so once nothing lies over it.
	const isLeaving = intent === 'back' || (intent === 'zoom' && state.view?.kind === 'zoom');
	return isLeaving ? { state: withoutOverlay(state) } : undefined;
}

/** Keys that only move what is seen. */
const scrolling: { readonly [key: string]: Intent } = {
	pageup: 'page-up',
	pagedown: 'page-down',
};

/**
 * A key at the desk; undefined for one that means the same elsewhere. While something is asked or under way
 * every key is the desk's, letters are typed there; but for hiding it.
 */
export function pressAtDesk(
	state: UiState,
	overlay: Overlay,
	key: string,
	facts: StepFacts,
): Step | undefined {
	const { kind } = facts.desk.phase;
	if (key === 'a' && kind !== 'asking') return { state: withoutOverlay(state) };
	const top = scrolledTop(overlay.top, scrolling[key], facts);
	if (top !== undefined) return { state: { ...state, overlay: { ...overlay, top } } };
	if (!hasKey(facts.desk, key)) return undefined;
	// What comes next is read from its first line.
	return { state: { ...state, overlay: { ...overlay, top: 0 } }, command: { kind: 'desk', key } };
}
