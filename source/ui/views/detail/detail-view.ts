import type { Question } from '../../../sampling/question.ts';
import type { Row } from '../../../sampling/reading.ts';
import { scrolledTop } from '../../scroll-keys.ts';
import type { View } from '../all-views.ts';
import { isKept, listOf } from '../list/all-lists.ts';
import type { ListDefinition, Place, Subject } from '../list/list-definition.ts';
import type { ViewDefinition } from '../view.ts';
import { drawDetail } from './draw-detail.ts';

/** One row of a list with all that is known of it. */
export type DetailView = {
	readonly kind: 'detail';
	readonly panel?: number;
	/** The list it is from, and its page there: as long as the row is on it, it is kept up to date. */
	readonly list: string;
	readonly pages: readonly Place[];
	/** Whose rows that list has; absent: everybody's. */
	readonly subject?: Subject;
	/** As it was when it was opened. */
	readonly row: Row;
	readonly top: number;
};

/** What is asked for a row of a list: the page that it is on, and what is known of it beyond that. */
export const questionsOfDetail = (
	list: ListDefinition,
	{ pages, subject, row }: Pick<DetailView, 'pages' | 'subject' | 'row'>,
): readonly Question[] => [
	...list.questions(pages.at(-1), subject),
	...(list.detail.questions?.(row) ?? []),
];

/** The detail of a row. */
export const detailView: ViewDefinition<DetailView & { readonly from?: View }> = {
	kind: 'detail',
	press(view, { intent }, facts) {
		if (intent === 'open') return { view: facts.opens ? { ...facts.opens, from: view } : view };
		const top = scrolledTop(view.top, intent, facts);
		return top === undefined ? undefined : { view: { ...view, top } };
	},
	draw: drawDetail,
	isKept({ list: id }) {
		const list = listOf(id);
		return list !== undefined && isKept(list);
	},
	questions(view) {
		const list = listOf(view.list);
		return list === undefined ? [] : questionsOfDetail(list, view);
	},
};
