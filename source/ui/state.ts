import type { TimeStep } from '../health/timeline.ts';
import type { KeyFacts } from './binding.ts';
import type { Sieve } from './sieve.ts';
import type { View } from './views/all-views.ts';

/** What lies over the panels. At most one at a time. */
export type Overlay =
	| {
			readonly kind: 'help';
			readonly top: number;
			readonly query: string;
			readonly isTyping: boolean;
	  }
	| { readonly kind: 'log'; readonly top: number; readonly sieve: Sieve }
	| { readonly kind: 'diagnosis'; readonly top: number }
	| { readonly kind: 'actions'; readonly top: number }
	| {
			readonly kind: 'palette';
			readonly top: number;
			readonly query: string;
			readonly isTyping: true;
			/** Which of what was found is selected. */
			readonly at: number;
	  };

/** What the user has opened and where they are in it; nothing of the data. */
export type UiState = {
	/** Number of the focused panel. */
	readonly focus?: number;
	/** What of the panels is let through; absent: all. */
	readonly sieve?: Sieve;
	readonly overlay?: Overlay;
	/** What has the whole body; absent: the panels. */
	readonly view?: View;
	/** Why the last key did nothing, or what it did where nothing else shows it. */
	readonly notice?: string;
};

/** What a key asks of the world outside of the screen. */
export type Command =
	| { readonly kind: 'quit' }
	| { readonly kind: 'suspend' }
	| { readonly kind: 'pause' }
	| { readonly kind: 'resume' }
	| { readonly kind: 'refresh' }
	| { readonly kind: 'diagnose' }
	/** Opens the desk, at what a command line names. */
	| { readonly kind: 'act'; readonly command: string | undefined }
	/** Another target in place of this one. */
	| { readonly kind: 'target'; readonly name: string }
	/** A key for the desk. */
	| { readonly kind: 'desk'; readonly key: string }
	/** Another moment in time. */
	| { readonly kind: 'time'; readonly step: TimeStep }
	| { readonly kind: 'play' }
	| { readonly kind: 'stop' }
	| { readonly kind: 'interval'; readonly intervalMs: number }
	/** Puts a text on the terminal's clipboard. */
	| { readonly kind: 'copy'; readonly text: string };

/** A state after a key, and the command that goes with it. */
export type Step = { readonly state: UiState; readonly command?: Command };

/** What is shown at first: the overview, nothing focused. */
export const initialState: UiState = {};

/** Facts that only opening needs besides those of the key table. */
export type StepFacts = KeyFacts & {
	/** The panel with the worst problem, else the first; undefined where there is none. */
	readonly worstPanel: number | undefined;
	/** By number, of all panels that could be on screen. */
	readonly panelTitles: ReadonlyMap<number, string>;
	/** What the open diagnosis would do next, as a command line. */
	readonly suggested: string | undefined;
	/** All that is on screen, as text. */
	screenText(): string;
};
