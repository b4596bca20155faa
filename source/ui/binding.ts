import type { DeskState } from '../actions/desk-state.ts';
import type { WantedSubject } from '../usage/request.ts';
import type { ControlState } from './console-context.ts';
import type { Overlay } from './state.ts';
import type { View, ViewKind } from './views/all-views.ts';

/** What a key is for. */
export type Intent =
	| 'help'
	| 'quit'
	| 'suspend'
	| 'back'
	| 'pause'
	| 'refresh'
	| 'slower'
	| 'faster'
	| 'panel'
	| 'next-panel'
	| 'previous-panel'
	| 'zoom'
	| 'open'
	| 'filter'
	| 'problems'
	| 'next-list'
	| 'previous-list'
	| 'next-column'
	| 'previous-column'
	| 'invert'
	| 'palette'
	| 'samplers'
	| 'database'
	| 'copy'
	| 'usage'
	| 'usage-by'
	| 'usage-span'
	| 'usage-source'
	| 'usage-zone'
	| 'usage-whose'
	| 'log'
	| 'diagnose'
	| 'actions'
	| 'targets'
	| 'watch-fleet'
	| 'open-target'
	| 'up'
	| 'down'
	| 'page-up'
	| 'page-down'
	| 'top'
	| 'bottom'
	| 'past-back'
	| 'past-forward'
	| 'minute-back'
	| 'minute-forward'
	| 'live';

/** Where a key is pressed: what lies over the body, else the view that has it, else the panels. */
export type Place = 'overview' | ViewKind | Overlay['kind'];

/** What is on screen, as far as the next key must know it. */
export type Shown = {
	/** First line shown. */
	readonly top: number;
	/** Something can be scrolled: how far, 0 where all of it is visible. */
	readonly maxTop: number;
	/** Rows of it that are visible. */
	readonly pageRows: number;
	/** The rows that one can go through, by their keys, and which of them is selected. */
	readonly rows?: { readonly keys: readonly string[]; readonly at: number };
	/** The last row of a full page, or that was looked at for it, from which the next one goes on. */
	readonly nextPage?: { readonly at: string; readonly id: string };
	/** There is a page before. */
	readonly isLaterPage?: boolean;
	/** How many lists there are beside each other. */
	readonly siblings?: number;
	/** What `enter` opens. */
	readonly opens?: View;
	/** What that is, for the footer; absent: an open row or panel. */
	readonly opensWhat?: string;
	/** Whose usage `u` shows. */
	readonly usageOf?: WantedSubject;
	/** What `y` copies in place of the whole screen. */
	readonly copies?: Copy;
};

/** A text for the clipboard, and what to call it. */
export type Copy = { readonly text: string; readonly what: string };

/** Nothing that a key could move. */
export const nothingShown: Shown = { top: 0, maxTop: 0, pageRows: 0 };

/** What a binding may depend on: how things stand when the key is pressed or listed. */
export type KeyFacts = Shown & {
	readonly place: Place;
	readonly controls: ControlState;
	/** Numbers of the panels on screen. */
	readonly panels: readonly number[];
	/** Names of the targets there are to choose from. */
	readonly targets: readonly string[];
	/** The one that is shown; undefined: none of them. */
	readonly target: string | undefined;
	/** All of them are sampled. */
	readonly isWatching: boolean;
	/** Why there is no choice of targets; undefined: there is. */
	readonly whyNoTargets: string | undefined;
	/** Something is open or focused that can be left. */
	readonly canGoBack: boolean;
	/** Where the action at the desk stands. */
	readonly desk: DeskState;
	/** Why nothing can be changed here; undefined: it can. */
	readonly whyNoActions: string | undefined;
	/** Letters are typed, and are no keys. */
	readonly isTyping: boolean;
	readonly isLost: boolean;
	/** Something was diagnosed before. */
	readonly hasDiagnosis: boolean;
	/** There is an earlier sample than the latest. */
	readonly hasHistory: boolean;
	/** Where in the past one looks; undefined: at what is. */
	readonly past: PastFacts | undefined;
};

/** What the keys must know of a moment of the past. */
export type PastFacts = {
	readonly isRecording: boolean;
	readonly isPlaying: boolean;
	readonly isOldest: boolean;
	readonly isNewest: boolean;
};

/** One row of the key table: the handler, the footer, the help and the README are made of these. */
export type Binding = {
	readonly intent: Intent;
	/** Names as {@link keyName} gives them. */
	readonly keys: readonly string[];
	/** The places where the keys are for this; absent: wherever no other binding has them. */
	readonly only?: readonly Place[];
	/** How the keys are written, such as `space` or `1–9`. */
	readonly shown: string;
	/** The same for the footer, where not all of the keys are for something. */
	shownNow?(facts: KeyFacts): string;
	/** Two words at most, for the footer. */
	label(facts: KeyFacts): string;
	/** One sentence for the help. */
	readonly description: string;
	/** Place in the footer from the left; absent: not in the footer. */
	readonly footer?: number | ((facts: KeyFacts) => number);
	/** Why the key can do nothing now; undefined: it can. It is listed with its reason, not hidden. */
	reason?(facts: KeyFacts): string | undefined;
};

/** Intervals that slower and faster go through, in ms. */
export const intervalsMs = [1000, 2000, 5000, 10_000, 30_000, 60_000] as const;

/** The next longer interval; undefined at the end. */
export const slowerMs = ({ intervalMs, askedMs = intervalMs }: ControlState): number | undefined =>
	intervalsMs.find((each) => each > askedMs);

/** The next shorter interval; undefined at the end. */
export const fasterMs = ({ intervalMs, askedMs = intervalMs }: ControlState): number | undefined =>
	intervalsMs.findLast((each) => each < askedMs);
