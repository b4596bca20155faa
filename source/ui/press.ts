import { fasterMs, type Intent, slowerMs } from './binding.ts';
import { bindingOf, reasonOf } from './keymap.ts';
import { timeSteps } from './past-keys.ts';
import {
	isTypingInto,
	pressAtDesk,
	pressInOverlay,
	toggled,
	withoutOverlay,
} from './press-overlay.ts';
import { pressInPalette } from './press-palette.ts';
import { pressAtPanels } from './press-panels.ts';
import { openSieve } from './sieve.ts';
import type { Step, StepFacts, UiState } from './state.ts';
import { definitionOf, type View } from './views/all-views.ts';
import type { ViewKey } from './views/view.ts';

/** What one key does. Pure: the same state, key and facts give the same step. */
export function press(before: UiState, key: string, facts: StepFacts): Step {
	const { notice: _, ...state } = before;
	// Not even where letters are typed: it is the terminal's key.
	if (key === 'ctrl-z') return suspended(state, facts);
	if (isTyping(state)) return pressWhileTyping(state, key, facts);
	const atDesk =
		state.overlay?.kind === 'actions' ? pressAtDesk(state, state.overlay, key, facts) : undefined;
	if (atDesk !== undefined) return atDesk;
	const binding = bindingOf(key, facts.place);
	if (binding === undefined) return { state };
	const reason = reasonOf(binding, facts);
	if (reason !== undefined) return { state: { ...state, notice: `${binding.shown}: ${reason}` } };
	const { intent } = binding;
	return (
		pressAnywhere(state, intent, facts) ??
		(state.overlay === undefined
			? pressInView(state, { key, intent }, facts)
			: pressInOverlay(state, state.overlay, { key, intent }, facts)) ??
		pressAtPanels(state, { key, intent }, facts) ?? { state }
	);
}

function suspended(state: UiState, facts: StepFacts): Step {
	const binding = bindingOf('ctrl-z', facts.place);
	const reason = binding && reasonOf(binding, facts);
	return reason === undefined
		? { state, command: { kind: 'suspend' } }
		: { state: { ...state, notice: `ctrl-z: ${reason}` } };
}

/** Letters are typed into what is open, and are no keys. */
export const isTyping = ({ overlay, view, sieve }: UiState): boolean => {
	if (overlay !== undefined) return isTypingInto(overlay);
	if (view !== undefined) return definitionOf(view).isTyping?.(view) === true;
	return sieve?.isTyping === true;
};

function pressWhileTyping(state: UiState, key: string, facts: StepFacts): Step {
	if (key === 'ctrl-c') return { state, command: { kind: 'quit' } };
	const { overlay } = state;
	const typing = { key, intent: undefined };
	if (overlay?.kind === 'palette') return pressInPalette(state, overlay, key, facts);
	const step =
		overlay === undefined
			? (pressInView(state, typing, facts) ?? pressAtPanels(state, typing, facts))
			: pressInOverlay(state, overlay, typing, facts);
	return step ?? { state };
}

/** Keys that mean the same wherever they are pressed. */
function pressAnywhere(state: UiState, intent: Intent, facts: StepFacts): Step | undefined {
	switch (intent) {
		case 'quit':
			return { state, command: { kind: 'quit' } };
		case 'pause':
			return { state, command: { kind: pausing(facts) } };
		case 'refresh':
			return { state, command: { kind: isDiagnosing(state) ? 'diagnose' : 'refresh' } };
		case 'slower':
			return interval(state, slowerMs(facts.controls));
		case 'faster':
			return interval(state, fasterMs(facts.controls));
		case 'help':
			return { state: toggled(state, { kind: 'help', top: 0, query: '', isTyping: false }) };
		case 'log':
			return { state: toggled(state, { kind: 'log', top: 0, sieve: openSieve }) };
		case 'diagnose':
			return diagnosing(state, facts);
		case 'palette':
			return {
				state: { ...state, overlay: { kind: 'palette', top: 0, at: 0, query: '', isTyping: true } },
			};
		case 'copy':
			return copying(state, facts);
		case 'actions':
			return {
				state: { ...state, overlay: { kind: 'actions', top: 0 } },
				command: { kind: 'act', command: isDiagnosing(state) ? facts.suggested : undefined },
			};
		default: {
			const step = timeSteps[intent];
			return step && { state, command: { kind: 'time', step } };
		}
	}
}

function pausing({ past, controls }: StepFacts): 'play' | 'stop' | 'pause' | 'resume' {
	if (past?.isRecording) return past.isPlaying ? 'stop' : 'play';
	return controls.isPaused ? 'resume' : 'pause';
}

/** The terminal says nothing of what became of it. */
function copying(state: UiState, { copies, screenText }: StepFacts): Step {
	const { what, text } = copies ?? { what: 'the screen', text: screenText() };
	const notice = `copied ${what} (where the terminal takes it)`;
	return { state: { ...state, notice }, command: { kind: 'copy', text } };
}

function interval(state: UiState, intervalMs: number | undefined): Step {
	if (intervalMs === undefined) return { state };
	return { state, command: { kind: 'interval', intervalMs } };
}

const isDiagnosing = ({ overlay }: UiState): boolean => overlay?.kind === 'diagnosis';

/**
 * Opening it asks at once: what was found an hour ago is no answer. Without a server it is all there
 * is, and stands there with its time.
 */
function diagnosing(state: UiState, { isLost, past }: StepFacts): Step {
	if (isDiagnosing(state)) return { state: withoutOverlay(state) };
	const opened: UiState = { ...state, overlay: { kind: 'diagnosis', top: 0 } };
	return isLost && !past ? { state: opened } : { state: opened, command: { kind: 'diagnose' } };
}

function pressInView(state: UiState, key: ViewKey, facts: StepFacts): Step | undefined {
	const { view } = state;
	if (view === undefined) return undefined;
	const step = definitionOf(view).press(view, key, facts);
	if (step === undefined) return key.intent === 'back' ? { state: leave(state, view) } : undefined;
	const { notice, command } = step;
	const opened = step.view === undefined ? leave(state, view) : { ...state, view: step.view };
	return {
		state: notice === undefined ? opened : { ...opened, notice },
		...(command && { command }),
	};
}

/** Back to what the view was opened from. */
function leave({ view: _, ...rest }: UiState, { from, panel }: View): UiState {
	if (from !== undefined) return { ...rest, view: from };
	return panel === undefined ? rest : { ...rest, focus: panel };
}
