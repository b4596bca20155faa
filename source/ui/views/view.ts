import type { Question } from '../../sampling/question.ts';
import type { Intent, KeyFacts, Shown } from '../binding.ts';
import type { Line } from '../draw/span.ts';
import type { FrameInput } from '../panels/frame-input.ts';
import type { Command } from '../state.ts';
import type { View } from './all-views.ts';

/** A key as a view gets it: for what it is bound to, or as a letter while something is typed. */
export type ViewKey = { readonly key: string; readonly intent: Intent | undefined };

/** What a key makes of a view. */
export type ViewStep = {
	/** The view from now on, or the one that opens over it; undefined: closed. */
	readonly view: View | undefined;
	readonly notice?: string;
	readonly command?: Command;
};

/** What is known when a view says what it asks. */
export type QuestionInput = Pick<FrameInput, 'answers' | 'report' | 'environment'>;

/** The body of the screen as a view draws it, and what the next key must know of it. */
export type ViewBody = { readonly lines: readonly Line[]; readonly shown: Shown };

/** One kind of view: what its keys do, what it looks like, what it asks the server. All of it pure. */
export type ViewDefinition<Open extends { readonly kind: string }> = {
	readonly kind: Open['kind'];
	/** Letters are typed into it, and are no keys: `press` gets every key without an intent. */
	isTyping?(view: Open): boolean;
	/** What a key does; undefined: nothing of its own, and what it does everywhere still holds. */
	press(view: Open, key: ViewKey, facts: KeyFacts): ViewStep | undefined;
	/** Exactly `height` lines of `width`; undefined where what it is about is no longer there. */
	draw(view: Open, frame: FrameInput, width: number, height: number): ViewBody | undefined;
	/** The view with what it has to remember of what it shows; the same where that is nothing new. */
	settle?(view: Open, shown: Shown): Open;
	/**
	 * What is asked for as long as it is open; absent: what is sampled is enough. One answer may lead to
	 * the next question.
	 */
	questions?(view: Open, input: QuestionInput): readonly Question[];
	/** Whether it shows something of the past, though it asks; absent: what asks is of now. */
	isKept?(view: Open): boolean;
	/** The same view of another panel; absent: the number of a panel closes it. */
	ofPanel?(view: Open, panel: number): View;
};
