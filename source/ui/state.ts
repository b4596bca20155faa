import { fasterMs, type KeyFacts, slowerMs } from './binding.ts';
import { bindingOf } from './keymap.ts';
import { allPanels } from './panels/all-panels.ts';

/** What lies over the panels. At most one at a time. */
export type Overlay =
	| {
			readonly kind: 'help';
			readonly top: number;
			readonly query: string;
			readonly isTyping: boolean;
	  }
	| { readonly kind: 'log'; readonly top: number }
	| { readonly kind: 'diagnosis'; readonly top: number }
	| { readonly kind: 'actions'; readonly top: number };

/** What the user has opened and where they are in it; nothing of the data. */
export type UiState = {
	/** Number of the focused panel. */
	readonly focus?: number;
	readonly overlay?: Overlay;
	/** The focused panel has the whole screen; first line shown. */
	readonly zoom?: { readonly panel: number; readonly top: number };
	/** Why the last key did nothing, or what it did where nothing else shows it. */
	readonly notice?: string;
};

/** What a key asks of the world outside of the screen. */
export type Command =
	| { readonly kind: 'quit' }
	| { readonly kind: 'pause' }
	| { readonly kind: 'resume' }
	| { readonly kind: 'refresh' }
	| { readonly kind: 'diagnose' }
	/** Opens the desk, at what a command line names. */
	| { readonly kind: 'act'; readonly command: string | undefined }
	/** A key for the desk. */
	| { readonly kind: 'desk'; readonly key: string }
	| { readonly kind: 'interval'; readonly intervalMs: number };

/** A state after a key, and the command that goes with it. */
export type Step = { readonly state: UiState; readonly command?: Command };

/** What is shown at first: the overview, nothing focused. */
export const initialState: UiState = {};

/** Facts that only scrolling and zooming need besides those of the key table. */
export type StepFacts = KeyFacts & {
	/** The panel with the worst problem, else the first; undefined where there is none. */
	readonly worstPanel: number | undefined;
	/** What the open diagnosis would do next, as a command line. */
	readonly suggested: string | undefined;
};

/** What one key does. Pure: the same state, key and facts give the same step. */
export function press(before: UiState, key: string, facts: StepFacts): Step {
	const { notice: _, ...state } = before;
	if (state.overlay?.kind === 'help' && state.overlay.isTyping) {
		if (key === 'ctrl-c') return { state, command: { kind: 'quit' } };
		return { state: { ...state, overlay: typed(state.overlay, key) } };
	}
	if (state.overlay?.kind === 'actions') return pressAtDesk(state, state.overlay, key, facts);
	const binding = bindingOf(key);
	if (binding === undefined) return { state };
	const reason = binding.reason?.(facts);
	if (reason !== undefined) return { state: { ...state, notice: `${binding.shown}: ${reason}` } };
	switch (binding.intent) {
		case 'quit':
			return { state, command: { kind: 'quit' } };
		case 'pause':
			return { state, command: { kind: facts.controls.isPaused ? 'resume' : 'pause' } };
		case 'refresh':
			return { state, command: { kind: isDiagnosing(state) ? 'diagnose' : 'refresh' } };
		case 'slower':
			return interval(state, slowerMs(facts.controls.intervalMs));
		case 'faster':
			return interval(state, fasterMs(facts.controls.intervalMs));
		case 'help':
			return { state: toggled(state, { kind: 'help', top: 0, query: '', isTyping: false }) };
		case 'log':
			return { state: toggled(state, { kind: 'log', top: 0 }) };
		case 'diagnose':
			return diagnosing(state);
		case 'actions':
			return {
				state: { ...state, overlay: { kind: 'actions', top: 0 } },
				command: { kind: 'act', command: isDiagnosing(state) ? facts.suggested : undefined },
			};
		case 'search':
			return state.overlay?.kind === 'help'
				? { state: { ...state, overlay: { ...state.overlay, top: 0, isTyping: true } } }
				: { state };
		case 'back':
			return { state: back(state) };
		case 'zoom':
			return { state: zoomed(state, facts) };
		case 'panel':
			return { state: focused(state, Number(key), facts) };
		case 'next-panel':
			return { state: stepped(state, 1, facts) };
		case 'previous-panel':
			return { state: stepped(state, -1, facts) };
		default:
			return { state: scrolled(state, binding.intent, facts) };
	}
}

function interval(state: UiState, intervalMs: number | undefined): Step {
	if (intervalMs === undefined) return { state };
	return { state, command: { kind: 'interval', intervalMs } };
}

const isDiagnosing = ({ overlay }: UiState): boolean => overlay?.kind === 'diagnosis';

/** Opening it asks at once: what was found an hour ago is no answer. */
const diagnosing = (state: UiState): Step =>
	isDiagnosing(state)
		? { state: withoutOverlay(state) }
		: {
				state: { ...state, overlay: { kind: 'diagnosis', top: 0 } },
				command: { kind: 'diagnose' },
			};

/** Keys that only move what is seen. */
const scrolling: Readonly<Record<string, string>> = { pageup: 'page-up', pagedown: 'page-down' };

/**
 * At the desk every key is the desk's, letters are typed there; but for hiding it, leaving the list,
 * and quitting while nothing is under way.
 */
function pressAtDesk(state: UiState, overlay: Overlay, key: string, facts: StepFacts): Step {
	const { kind } = facts.desk.phase;
	const isResting = kind === 'choosing' || kind === 'opening' || kind === 'ended';
	if (key === 'ctrl-c' && isResting) return { state, command: { kind: 'quit' } };
	const isLeaving = key === 'escape' && (kind === 'choosing' || kind === 'opening');
	if (isLeaving || (key === 'a' && kind !== 'asking')) return { state: withoutOverlay(state) };
	const intent = scrolling[key];
	if (intent !== undefined) return { state: scrolled(state, intent, facts) };
	// What comes next is read from its first line.
	return { state: { ...state, overlay: { ...overlay, top: 0 } }, command: { kind: 'desk', key } };
}

function typed(overlay: Extract<Overlay, { kind: 'help' }>, key: string): Overlay {
	if (key === 'return') return { ...overlay, isTyping: false };
	if (key === 'escape') return { ...overlay, query: '', isTyping: false };
	if (key === 'backspace') return { ...overlay, query: overlay.query.slice(0, -1) };
	const character = key === 'space' ? ' ' : key;
	return character.length === 1 ? { ...overlay, query: overlay.query + character } : overlay;
}

const withoutOverlay = ({ overlay: _, ...state }: UiState): UiState => state;

const toggled = (state: UiState, overlay: Overlay): UiState =>
	state.overlay?.kind === overlay.kind ? withoutOverlay(state) : { ...state, overlay };

function back(state: UiState): UiState {
	if (state.overlay?.kind === 'help' && state.overlay.query !== '') {
		return { ...state, overlay: { ...state.overlay, query: '', top: 0 } };
	}
	if (state.overlay !== undefined) return withoutOverlay(state);
	const { zoom, focus: _, ...rest } = state;
	return zoom === undefined ? rest : { ...rest, focus: zoom.panel };
}

function zoomed(state: UiState, facts: StepFacts): UiState {
	const below = withoutOverlay(state);
	const { zoom, ...rest } = below;
	if (zoom !== undefined)
		return state.overlay === undefined ? { ...rest, focus: zoom.panel } : below;
	const panel = state.focus ?? facts.worstPanel;
	return panel === undefined ? state : { ...rest, focus: panel, zoom: { panel, top: 0 } };
}

function focused(state: UiState, number: number, facts: StepFacts): UiState {
	if (!facts.panels.includes(number)) {
		const title = allPanels.find((each) => each.number === number)?.title;
		const notice = title
			? `${number} ${title}: not in this database`
			: `no panel has number ${number}`;
		return { ...state, notice };
	}
	const below = withoutOverlay(state);
	return {
		...below,
		focus: number,
		...(below.zoom === undefined ? {} : { zoom: { panel: number, top: 0 } }),
	};
}

function stepped(state: UiState, step: number, facts: StepFacts): UiState {
	const { panels } = facts;
	const at = state.focus === undefined ? -1 : panels.indexOf(state.focus);
	const from = at < 0 && step < 0 ? 0 : at;
	const next = panels[(from + step + panels.length) % panels.length];
	return next === undefined ? state : focused(state, next, facts);
}

function scrolled(state: UiState, intent: string, { maxTop, pageRows }: KeyFacts): UiState {
	const { overlay, zoom } = state;
	const current = Math.min(overlay?.top ?? zoom?.top ?? 0, maxTop);
	const page = Math.max(1, pageRows - 1);
	const moves: Readonly<Record<string, number>> = {
		up: current - 1,
		down: current + 1,
		'page-up': current - page,
		'page-down': current + page,
		top: 0,
		bottom: maxTop,
	};
	const top = Math.max(0, Math.min(maxTop, moves[intent] ?? current));
	if (overlay !== undefined) return { ...state, overlay: { ...overlay, top } };
	return zoom === undefined ? state : { ...state, zoom: { ...zoom, top } };
}
