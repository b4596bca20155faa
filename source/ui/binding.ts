import type { DeskState } from '../actions/desk-state.ts';
import type { ControlState } from './console-context.ts';

/** What a key is for. */
export type Intent =
	| 'help'
	| 'quit'
	| 'back'
	| 'pause'
	| 'refresh'
	| 'slower'
	| 'faster'
	| 'panel'
	| 'next-panel'
	| 'previous-panel'
	| 'zoom'
	| 'log'
	| 'diagnose'
	| 'actions'
	| 'search'
	| 'up'
	| 'down'
	| 'page-up'
	| 'page-down'
	| 'top'
	| 'bottom';

/** What a binding may depend on: how things stand when the key is pressed or listed. */
export type KeyFacts = {
	readonly controls: ControlState;
	/** Numbers of the panels on screen. */
	readonly panels: readonly number[];
	/** Something can be scrolled: how far, 0 where all of it is visible. */
	readonly maxTop: number;
	/** Rows of it that are visible. */
	readonly pageRows: number;
	readonly isZoomed: boolean;
	/** Something is open or focused that can be left. */
	readonly canGoBack: boolean;
	readonly isHelp: boolean;
	readonly isDiagnosis: boolean;
	readonly isActions: boolean;
	/** Where the action at the desk stands. */
	readonly desk: DeskState;
	/** Why nothing can be changed here; undefined: it can. */
	readonly whyNoActions: string | undefined;
	/** Letters are typed into the help's search, and are no keys. */
	readonly isTyping: boolean;
	readonly isLost: boolean;
};

/** One row of the key table: the handler, the footer, the help and the README are made of these. */
export type Binding = {
	readonly intent: Intent;
	/** Names as {@link keyName} gives them. */
	readonly keys: readonly string[];
	/** How the keys are written, such as `space` or `1–6`. */
	readonly shown: string;
	/** Two words at most, for the footer. */
	label(facts: KeyFacts): string;
	/** One sentence for the help. */
	readonly description: string;
	/** Place in the footer from the left; absent: not in the footer. */
	readonly footer?: number;
	/** Why the key can do nothing now; undefined: it can. It is listed with its reason, not hidden. */
	reason?(facts: KeyFacts): string | undefined;
};

/** Intervals that slower and faster go through, in ms. */
export const intervalsMs = [1000, 2000, 5000, 10_000, 30_000, 60_000] as const;

/** The next longer interval; undefined at the end. */
export const slowerMs = (intervalMs: number): number | undefined =>
	intervalsMs.find((each) => each > intervalMs);

/** The next shorter interval; undefined at the end. */
export const fasterMs = (intervalMs: number): number | undefined =>
	intervalsMs.findLast((each) => each < intervalMs);
