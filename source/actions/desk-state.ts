import type { ActionName } from './availability.ts';
import { answer, askFor, type Confirmation, type Rung } from './confirm.ts';
import type { EngineName } from './engine.ts';
import type { PipelineName } from './pipelines.ts';
import { type ActionEvent, noProgress, type Progress, progressAfter } from './progress.ts';

/** An action that is offered at a pipeline, or listed with why it isn't. */
export type DeskItem = {
	readonly action: ActionName;
	readonly pipeline: PipelineName;
	/** Why it can't be had here; undefined: it can. */
	readonly reason: string | undefined;
};

/** What may be set before an action is chosen. */
export type DeskSettings = {
	/** How far back replay, verify and repair reach, in ms. */
	readonly spanMs: number;
	/** What recomputes, for replay and backfill. */
	readonly engine: EngineName;
};

/** What the console's desk for actions shows. */
export type DeskState = DeskSettings & {
	readonly items: readonly DeskItem[];
	readonly selected: number;
	/** What earlier runs left undone; sentences. */
	readonly leftBehind: readonly string[];
	readonly phase: DeskPhase;
};

/** Where an action stands, from the choice to the receipt. */
export type DeskPhase =
	/** The server is asked what can be had. */
	| { readonly kind: 'opening' }
	| { readonly kind: 'choosing'; readonly notice: string }
	| { readonly kind: 'planning'; readonly title: string; readonly isStopping: boolean }
	| {
			readonly kind: 'asking';
			readonly title: string;
			/** The plan. */
			readonly lines: readonly string[];
			readonly rung: Rung;
			readonly confirmation: Confirmation;
	  }
	| {
			readonly kind: 'running';
			readonly title: string;
			readonly progress: Progress;
			readonly isPaused: boolean;
			readonly isStopping: boolean;
	  }
	| {
			readonly kind: 'ended';
			readonly title: string;
			readonly lines: readonly string[];
			readonly isWell: boolean;
	  };

/** Spans that are gone through with the arrow keys, in ms. */
export const spansMs = [1, 6, 24, 7 * 24, 30 * 24].map((hours) => hours * 3_600_000);

export const emptyDesk: DeskState = {
	items: [],
	selected: 0,
	leftBehind: [],
	spanMs: 24 * 3_600_000,
	engine: 'function',
	phase: { kind: 'opening' },
};

/** What a key at the desk asks for beyond another state. */
export type DeskCommand =
	| { readonly kind: 'plan'; readonly item: DeskItem }
	| { readonly kind: 'run' }
	| { readonly kind: 'pause'; readonly isPaused: boolean }
	| { readonly kind: 'stop' };

/** A state after a key, and what goes with it. */
export type DeskStep = { readonly state: DeskState; readonly command?: DeskCommand };

/**
 * What a key does at the desk. Pure.
 * @param nowMs of a clock that only moves forward: a held key is told by it
 */
export function pressAtDesk(state: DeskState, key: string, nowMs: number): DeskStep {
	const { phase } = state;
	switch (phase.kind) {
		case 'choosing':
			return choose(state, key);
		case 'asking': {
			const confirmation = answer(phase.confirmation, key, nowMs);
			const next = { ...state, phase: { ...phase, confirmation } };
			if (confirmation.outcome === 'yes') return { state: next, command: { kind: 'run' } };
			return { state: confirmation.outcome === 'no' ? chosenNothing(state) : next };
		}
		case 'running':
			return steer(state, phase, key);
		case 'planning':
			return key === 'escape' || key === 'ctrl-c'
				? { state: { ...state, phase: { ...phase, isStopping: true } }, command: { kind: 'stop' } }
				: { state };
		case 'ended':
			return key === 'return' || key === 'escape' ? { state: chooseAgain(state, '') } : { state };
		case 'opening':
			return { state };
	}
}

/** What {@link pressAtDesk} reads while nothing is asked or under way: other keys are the console's then. */
const keysAtRest: Readonly<Record<string, readonly string[]>> = {
	opening: [],
	choosing: ['up', 'k', 'down', 'j', 'left', 'right', 'e', 'return'],
	ended: ['return', 'escape'],
};

/** Whether a key is the desk's now: every one is while something is asked or under way. */
export const hasKey = ({ phase: { kind } }: DeskState, key: string): boolean =>
	keysAtRest[kind]?.includes(key) ?? true;

/** Back at the list. */
export const chooseAgain = (state: DeskState, notice: string): DeskState => ({
	...state,
	phase: { kind: 'choosing', notice },
});

const chosenNothing = (state: DeskState): DeskState => chooseAgain(state, 'Nothing was done.');

function choose(state: DeskState, key: string): DeskStep {
	const { items, selected } = state;
	const move = (to: number): DeskStep => ({
		state: { ...chooseAgain(state, ''), selected: Math.max(0, Math.min(items.length - 1, to)) },
	});
	switch (key) {
		case 'up':
		case 'k':
			return move(selected - 1);
		case 'down':
		case 'j':
			return move(selected + 1);
		case 'left':
		case 'right':
			return { state: { ...state, spanMs: nextSpan(state.spanMs, key === 'right' ? 1 : -1) } };
		case 'e':
			return {
				state: { ...state, engine: state.engine === 'function' ? 'direct' : 'function' },
			};
		case 'return': {
			const item = items[selected];
			if (item === undefined) return { state };
			if (item.reason !== undefined) {
				return { state: chooseAgain(state, `No ${item.action} here: ${item.reason}.`) };
			}
			return { state, command: { kind: 'plan', item } };
		}
		default:
			return { state };
	}
}

function nextSpan(spanMs: number, step: number): number {
	const at = Math.max(0, Math.min(spansMs.length - 1, spansMs.indexOf(spanMs) + step));
	return spansMs[at] ?? spanMs;
}

function steer(
	state: DeskState,
	phase: Extract<DeskPhase, { kind: 'running' }>,
	key: string,
): DeskStep {
	if (key === 'p') {
		const isPaused = !phase.isPaused;
		return {
			state: { ...state, phase: { ...phase, isPaused } },
			command: { kind: 'pause', isPaused },
		};
	}
	if (key !== 'escape' && key !== 'ctrl-c') return { state };
	return { state: { ...state, phase: { ...phase, isStopping: true } }, command: { kind: 'stop' } };
}

/** The question about a plan, with the focus where nothing happens. */
export const asking = (
	state: DeskState,
	plan: { readonly title: string; readonly lines: readonly string[]; readonly rung: Rung },
	nowMs: number,
): DeskState => ({
	...state,
	phase: { kind: 'asking', ...plan, confirmation: askFor(plan.rung, nowMs) },
});

export const running = (state: DeskState, title: string): DeskState => ({
	...state,
	phase: { kind: 'running', title, progress: noProgress, isPaused: false, isStopping: false },
});

/** The state after something happened in the running action. */
export function afterEvent(state: DeskState, event: ActionEvent): DeskState {
	const { phase } = state;
	if (phase.kind !== 'running') return state;
	return { ...state, phase: { ...phase, progress: progressAfter(phase.progress, event) } };
}

/**
 * Puts the selection on what a command such as `repair --pipeline hourly --from 9d` names, where it is
 * offered, and the span to one that reaches as far back.
 */
export function select(state: DeskState, command: string): DeskState {
	const [action] = command.split(' ');
	const pipeline = /--pipeline (\w+)/.exec(command)?.[1];
	const at = state.items.findIndex(
		(item) => item.action === action && (pipeline === undefined || item.pipeline === pipeline),
	);
	if (at < 0) return state;
	const fromMs = Number(/--from (\d+)d\b/.exec(command)?.[1] ?? 0) * 24 * 3_600_000;
	const spanMs = spansMs.find((each) => each >= fromMs) ?? Math.max(...spansMs);
	return { ...state, selected: at, spanMs: fromMs === 0 ? state.spanMs : spanMs };
}
