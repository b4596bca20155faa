import type { Intent } from './binding.ts';
import { withoutOverlay } from './press-overlay.ts';
import { openSieve, pressSieve } from './sieve.ts';
import type { Step, StepFacts, UiState } from './state.ts';
import { definitionOf, type View } from './views/all-views.ts';
import { listOf } from './views/list/all-lists.ts';
import { openList, openListOf } from './views/list/list-view.ts';
import { openUsage } from './views/usage/usage-view.ts';
import type { ViewKey } from './views/view.ts';

/** Keys that narrow the panels down, go from one to another, or open one. */
export function pressAtPanels(state: UiState, key: ViewKey, facts: StepFacts): Step | undefined {
	if (state.view === undefined && state.overlay === undefined) {
		const sieve = pressSieve(state.sieve ?? openSieve, key);
		if (sieve !== undefined) return { state: { ...state, sieve } };
	}
	// What is open in the past is closed first, then the past is left.
	if (key.intent === 'back' && state.focus === undefined && facts.past) {
		return { state, command: { kind: 'time', step: 'end' } };
	}
	const next = moved(state, key, facts);
	return next && { state: next };
}

function moved(state: UiState, { key, intent }: ViewKey, facts: StepFacts): UiState | undefined {
	switch (intent) {
		case 'back':
			return unfocused(state);
		case 'zoom':
			return opened(state, facts, (panel) => ({ kind: 'zoom', panel, top: 0 }));
		case 'open':
			// A panel without a list, of samplers of one's own, has no more than itself.
			return opened(state, facts, (panel) => openListOf(panel) ?? { kind: 'zoom', panel, top: 0 });
		case 'targets':
			return { ...withoutOverlay(state), view: { kind: 'fleet', isWatching: false } };
		case 'usage':
			return usageOpened(state, facts);
		case 'samplers':
		case 'database':
			return named(state, intent);
		case 'panel':
			return focused(state, Number(key), facts);
		case 'next-panel':
			return stepped(state, 1, facts);
		case 'previous-panel':
			return stepped(state, -1, facts);
		default:
			return undefined;
	}
}

const unfocused = ({ focus: _, ...rest }: UiState): UiState => rest;

/** A view of the focused panel, else of the worst one; over the view that is open, if one is. */
function opened(
	state: UiState,
	facts: StepFacts,
	viewOf: (panel: number) => View | undefined,
): UiState {
	const panel = state.view?.panel ?? state.focus ?? facts.worstPanel;
	const view = panel === undefined ? undefined : viewOf(panel);
	if (panel === undefined || view === undefined) return state;
	return {
		...withoutOverlay(state),
		focus: panel,
		view: { ...view, ...(state.view && { from: state.view }) },
	};
}

/** A list of no panel by its name; the same key leaves it. */
function named(state: UiState, id: Intent): UiState {
	const { view, ...below } = withoutOverlay(state);
	if (view?.kind === 'list' && view.list === id) {
		return view.from === undefined ? below : { ...below, view: view.from };
	}
	const list = listOf(id);
	if (list === undefined) return state;
	return { ...below, view: { ...openList(list), ...(view && { from: view }) } };
}

/** Everybody's usage, or that of the row that is selected. */
function usageOpened(state: UiState, { usageOf }: StepFacts): UiState {
	const { view, ...below } = withoutOverlay(state);
	return { ...below, view: { ...openUsage(usageOf), ...(view && { from: view }) } };
}

function focused(state: UiState, number: number, facts: StepFacts): UiState {
	if (!facts.panels.includes(number)) {
		const title = facts.panelTitles.get(number);
		const notice = title
			? `${number} ${title}: not in this database`
			: `no panel has number ${number}`;
		return { ...state, notice };
	}
	const { view, ...below } = withoutOverlay(state);
	const same = view && definitionOf(view).ofPanel?.(view, number);
	return { ...below, focus: number, ...(same && { view: same }) };
}

function stepped(state: UiState, step: number, facts: StepFacts): UiState {
	const { panels } = facts;
	const at = state.focus === undefined ? -1 : panels.indexOf(state.focus);
	const from = at < 0 && step < 0 ? 0 : at;
	const next = panels[(from + step + panels.length) % panels.length];
	return next === undefined ? state : focused(state, next, facts);
}
