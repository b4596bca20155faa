import { foundEntries } from './overlays/palette.ts';
import { press } from './press.ts';
import { withoutOverlay } from './press-overlay.ts';
import type { Overlay, Step, StepFacts, UiState } from './state.ts';
import { typed } from './typing.ts';

/** A key in the palette: letters look for something, the arrows choose, enter runs it. */
export function pressInPalette(
	state: UiState,
	overlay: Extract<Overlay, { kind: 'palette' }>,
	key: string,
	facts: StepFacts,
): Step {
	const below = withoutOverlay(state);
	if (key === 'escape') return { state: below };
	const under: StepFacts = { ...facts, place: below.view?.kind ?? 'overview', isTyping: false };
	const found = foundEntries(overlay.query, under);
	const last = Math.max(0, found.length - 1);
	const at = Math.min(overlay.at, last);
	const steps: { readonly [key: string]: number } = {
		up: at - 1,
		down: at + 1,
		'shift-tab': at - 1,
		tab: at + 1,
		pageup: at - 10,
		pagedown: at + 10,
	};
	const moved = steps[key];
	if (moved !== undefined) {
		return { state: { ...state, overlay: { ...overlay, at: Math.max(0, Math.min(last, moved)) } } };
	}
	if (key !== 'return') return { state: { ...state, overlay: { ...typed(overlay, key), at: 0 } } };
	const entry = found[at];
	if (entry === undefined) return { state };
	if (entry.reason !== undefined) {
		return { state: { ...below, notice: `${entry.name}: ${entry.reason}` } };
	}
	const { run } = entry;
	if (run.kind === 'key') return press(below, run.key, under);
	if (run.kind === 'view') {
		const { panel } = run.view;
		const from = below.view === undefined ? {} : { from: below.view };
		return {
			state: {
				...below,
				...(panel === undefined ? {} : { focus: panel }),
				view: { ...run.view, ...from },
			},
		};
	}
	return {
		state: { ...below, overlay: { kind: 'actions', top: 0 } },
		command: run.command,
	};
}
