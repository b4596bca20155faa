import type { Question } from '../../../sampling/question.ts';
import type { Intent, KeyFacts, Shown } from '../../binding.ts';
import { openSieve, pressSieve, type Sieve } from '../../sieve.ts';
import type { View } from '../all-views.ts';
import type { ViewDefinition, ViewStep } from '../view.ts';
import { listOf, listsOf, panelOf } from './all-lists.ts';
import { type Order, serverOrder } from './arrange.ts';
import { drawList } from './draw-list.ts';
import type { ListDefinition, Place, Subject } from './list-definition.ts';

/** The rows behind a panel. */
export type ListView = {
	readonly kind: 'list';
	readonly panel?: number;
	/** {@link ListDefinition.id}. */
	readonly list: string;
	/** Whose rows these are; absent: everybody's. */
	readonly subject?: Subject;
	/** The last row of each page before this one. */
	readonly pages: readonly Place[];
	/** The selected row by its key, and where it was seen: there another is selected once it is gone. */
	readonly row?: { readonly key: string; readonly at: number };
	/** First row shown, before the selected one is brought into sight. */
	readonly top: number;
	readonly order: Order;
	readonly sieve: Sieve;
};

/** A list as it is when it is opened. */
export function openList(list: ListDefinition): ListView {
	const panel = panelOf(list);
	return {
		kind: 'list',
		...(panel === undefined ? {} : { panel }),
		list: list.id,
		pages: [],
		top: 0,
		order: serverOrder,
		sieve: openSieve,
	};
}

/** The first list of a panel, which every panel has. */
export const openListOf = (panel: number): ListView | undefined => {
	const [list] = listsOf(panel);
	return list && openList(list);
};

/** What an open list asks. */
export const listQuestions = ({ list, pages, subject }: ListView): readonly Question[] =>
	listOf(list)?.questions(pages.at(-1), subject) ?? [];

/** Lists of rows: sorted, filtered, one of them selected. */
export const listView: ViewDefinition<ListView & { readonly from?: View }> = {
	kind: 'list',
	isTyping: ({ sieve }) => sieve.isTyping,
	press(view, { key, intent }, facts) {
		const sieve = pressSieve(view.sieve, { key, intent });
		if (sieve !== undefined) return { view: { ...view, sieve } };
		switch (intent) {
			case 'open':
				return { view: facts.opens === undefined ? view : { ...facts.opens, from: view } };
			case 'zoom':
				return view.panel === undefined
					? undefined
					: { view: { kind: 'zoom', panel: view.panel, top: 0, from: view } };
			case 'next-list':
				return { view: sibling(view, 1) };
			case 'previous-list':
				return { view: sibling(view, -1) };
			case 'next-column':
				return { view: { ...view, order: otherColumn(view, 1) } };
			case 'previous-column':
				return { view: { ...view, order: otherColumn(view, -1) } };
			case 'invert':
				return { view: { ...view, order: { ...view.order, isInverse: !view.order.isInverse } } };
			default:
				return intent && moved(view, intent, facts);
		}
	},
	settle: selectedOnce,
	draw: drawList,
	questions: listQuestions,
	ofPanel: (view, panel) => openListOf(panel) ?? view,
};

function sibling(view: ListView & { readonly from?: View }, step: number): View {
	const lists = listsOf(view.panel);
	const at = lists.findIndex(({ id }) => id === view.list);
	const next = lists[(at + step + lists.length) % lists.length];
	if (next === undefined || next.id === view.list) return view;
	return { ...openList(next), ...(view.from && { from: view.from }) };
}

/** Through the columns round about; between the last and the first stands the server's order. */
function otherColumn({ list, order }: ListView, step: number): Order {
	const count = (listOf(list)?.columns.length ?? 0) + 1;
	const next = ((order.column ?? -1) + 1 + step + count) % count;
	return { column: next === 0 ? undefined : next - 1, isInverse: false };
}

/** What is drawn as selected is selected from then on, wherever the next answer puts it. */
function selectedOnce<Seen extends ListView>(view: Seen, { rows }: Shown): Seen {
	const key = rows?.keys[rows.at];
	if (rows === undefined || key === undefined) return view;
	if (view.row?.key === key && view.row.at === rows.at) return view;
	return { ...view, row: { key, at: rows.at } };
}

/** The selection moves, and past either end to another page where there is one. */
function moved(view: ListView, intent: Intent, facts: KeyFacts): ViewStep | undefined {
	const { keys, at } = facts.rows ?? { keys: [], at: 0 };
	const last = keys.length - 1;
	const page = Math.max(1, facts.pageRows - 1);
	const moves: { readonly [Key in Intent]?: number } = {
		up: at - 1,
		down: at + 1,
		'page-up': at - page,
		'page-down': at + page,
		top: 0,
		bottom: last,
	};
	const wanted = moves[intent];
	if (wanted === undefined) return undefined;
	// Where a page has no row none is selected, and there may still be another page.
	if (wanted > Math.max(at, last) && at >= last && facts.nextPage !== undefined) {
		return { view: onPage(view, [...view.pages, facts.nextPage]) };
	}
	if (wanted < 0 && at === 0 && view.pages.length > 0) {
		return { view: onPage(view, view.pages.slice(0, -1)) };
	}
	const next = Math.max(0, Math.min(last, wanted));
	const key = keys[next];
	return { view: key === undefined ? view : { ...view, top: facts.top, row: { key, at: next } } };
}

function onPage({ row: _, ...view }: ListView, pages: readonly Place[]): ListView {
	return { ...view, pages, top: 0 };
}
