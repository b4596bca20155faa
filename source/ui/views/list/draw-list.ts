import type { Row } from '../../../sampling/reading.ts';
import type { Copy } from '../../binding.ts';
import { boxEdges, boxLines, boxPadding } from '../../draw/box.ts';
import { mark } from '../../draw/mark.ts';
import { dimLine, type Line, padLine } from '../../draw/span.ts';
import { tableLines } from '../../draw/table.ts';
import type { FrameInput } from '../../panels/frame-input.ts';
import { isLost } from '../asked.ts';
import { tableColumns } from '../detail/tables.ts';
import type { ViewBody } from '../view.ts';
import { listOf, listsOf } from './all-lists.ts';
import { arrange } from './arrange.ts';
import { cellOf, rowText } from './cells.ts';
import { type ListDefinition, rowKey } from './list-definition.ts';
import { listRows } from './list-rows.ts';
import type { ListView } from './list-view.ts';
import { emptyLines, headLines, listTitle, staleLines, tagOf } from './list-words.ts';

/** The list as a table in a box, with the other lists of its panel named above it. */
export function drawList(
	view: ListView,
	frame: FrameInput,
	width: number,
	height: number,
): ViewBody | undefined {
	const list = listOf(view.list);
	if (list === undefined) return undefined;
	const inner = Math.max(0, width - boxPadding);
	const found = listRows(list, view, frame);
	const { rows: all, readings, next } = found;
	const rows = arrange(list, all, view, frame);
	const keys = rows.map((row) => rowKey(list, row));
	const head = [
		...headLines(view, list, found, inner),
		...staleLines(rows, readings, frame, inner),
	];
	const visible = Math.max(0, height - boxEdges - head.length - 1);
	const at = selectedAt(view, keys);
	const top = topFor(view.top, at, keys.length, visible);
	const table = rows.length > 0 ? tableOf(view, list, rows, frame, inner) : [];
	const [titles = [], ...lines] = table;
	const isStale = isLost(frame) || readings.some(({ kind }) => kind === 'stale');
	const shownRows = lines.slice(top, top + visible).map((each, index) => {
		const text = isStale ? dimLine(each) : each;
		return top + index === at ? selectedLine(text, inner) : text;
	});
	const notes = rows.length > 0 ? [] : emptyLines(view, list, found, frame, inner);
	const box = {
		title: listTitle(view, list),
		tag: tagOf(view, rows.length, found, at, frame),
		isFocused: true,
		content: [...head, ...(rows.length > 0 ? [titles] : []), ...shownRows, ...notes],
	};
	const selected = rows[at];
	return {
		lines: boxLines(box, width, height),
		shown: {
			top,
			maxTop: Math.max(0, keys.length - visible),
			pageRows: visible,
			rows: { keys, at },
			siblings: list.isOfRow ? 1 : listsOf(view.panel).length,
			...(next && { nextPage: next }),
			...(view.pages.length > 0 && { isLaterPage: true }),
			...(selected && {
				opens: {
					kind: 'detail',
					...(view.panel === undefined ? {} : { panel: view.panel }),
					list: list.id,
					...(view.subject && { subject: view.subject }),
					pages: view.pages,
					row: selected,
					top: 0,
				},
				copies: copyOf(list, selected, frame),
				...(list.usageOf && { usageOf: list.usageOf(selected) }),
			}),
		},
	};
}

/** The row with the key, wherever it is by now; once it is gone, the one that stands there. */
function selectedAt({ row }: ListView, keys: readonly string[]): number {
	const found = row === undefined ? 0 : keys.indexOf(row.key);
	return found >= 0 ? found : Math.max(0, Math.min(keys.length - 1, row?.at ?? 0));
}

function topFor(wanted: number, at: number, count: number, visible: number): number {
	const inSight = Math.max(at - visible + 1, Math.min(wanted, at));
	return Math.max(0, Math.min(inSight, count - visible));
}

const selectedLine = (content: Line, width: number): Line =>
	padLine(content, width).map((each) => ({ ...each, isInverse: true }));

function tableOf(
	{ order }: ListView,
	list: ListDefinition,
	rows: readonly Row[],
	frame: FrameInput,
	width: number,
): readonly Line[] {
	const columns = tableColumns(list.columns).map((column, at) =>
		at === order.column
			? { ...column, title: `${column.title}${order.isInverse ? '↑' : '↓'}`, rank: 0 }
			: column,
	);
	const cells = rows.map((row) => {
		const severity = list.severityOf?.(row, frame.environment.thresholds) ?? 'ok';
		return [
			severity === 'ok' ? '' : mark(severity),
			...list.columns.map((column) => cellOf(column, row, frame)),
		];
	});
	// A list with a column for it says how each row stands there.
	if (list.columns.some(({ format }) => format === 'severity')) {
		return tableLines(
			columns,
			cells.map((row) => row.slice(1)),
			width,
		);
	}
	return tableLines([{ title: '' }, ...columns], cells, width);
}

const copyOf = (list: ListDefinition, row: Row, frame: FrameInput): Copy =>
	list.copies === undefined
		? { what: 'the row', text: rowText(list.columns, row, frame, '\t') }
		: { what: `${list.copies} ${row[list.copies]}`, text: String(row[list.copies] ?? '') };
