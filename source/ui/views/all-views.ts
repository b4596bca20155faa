import type { Question } from '../../sampling/question.ts';
import { type DetailView, detailView } from './detail/detail-view.ts';
import { type FleetView, fleetView } from './fleet/fleet-view.ts';
import { type ListView, listView } from './list/list-view.ts';
import { type UsageView, usageView } from './usage/usage-view.ts';
import type { QuestionInput, ViewDefinition } from './view.ts';
import { type ZoomView, zoomView } from './zoom/zoom-view.ts';

// A view has the whole body of the screen. To add one: a folder beside this file with a
// `NAME-view.ts` that exports the type of what it knows while it is open (with a `kind`) and its
// ViewDefinition, the type in the union and the definition in the table below, and a binding (in
// ../keymap.ts) that opens it with `{ view: … }`. Keys of its own are bindings with `only: ['NAME']`.
// What it reads off the server are `questions`; the answers are in the frame's input.

/** What has the whole body in place of the panels. */
export type View = (ZoomView | ListView | DetailView | FleetView | UsageView) & {
	/** The panel that it is about, which is focused when it is left. */
	readonly panel?: number;
	/** What it was opened from, and what `esc` leads back to; absent: the overview. */
	readonly from?: View;
};

/** A kind of {@link View}. */
export type ViewKind = View['kind'];

const definitions: { readonly [Kind in ViewKind]: ViewDefinition<Extract<View, { kind: Kind }>> } =
	{
		zoom: zoomView,
		list: listView,
		detail: detailView,
		fleet: fleetView,
		usage: usageView,
	};

/** What a view is made of, by its kind. */
export const definitionOf = (view: View): ViewDefinition<View> =>
	definitions[view.kind] as ViewDefinition<View>;

/** What an open view asks the server. */
export const questionsOf = (view: View | undefined, input: QuestionInput): readonly Question[] =>
	view === undefined ? [] : (definitionOf(view).questions?.(view, input) ?? []);
