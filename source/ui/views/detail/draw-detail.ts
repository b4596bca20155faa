import { boxEdges, boxLines, boxPadding } from '../../draw/box.ts';
import { clipLine, dimLine, type Line, line, lineText, spaced, span } from '../../draw/span.ts';
import { scrollLines, scrollTag } from '../../frame/scroll.ts';
import type { FrameInput } from '../../panels/frame-input.ts';
import type { View } from '../all-views.ts';
import { isLost, oldTag } from '../asked.ts';
import { listOf } from '../list/all-lists.ts';
import { type Related, rowKey } from '../list/list-definition.ts';
import { listRows } from '../list/list-rows.ts';
import { openList } from '../list/list-view.ts';
import { listTitle } from '../list/list-words.ts';
import type { ViewBody } from '../view.ts';
import { type DetailView, questionsOfDetail } from './detail-view.ts';
import { rowLines } from './fields.ts';

/** Leaves room for where one is in it at the other end of the border. */
const longestTitle = 60;

/** The blocks of a row's detail under each other; scrolls. */
export function drawDetail(
	view: DetailView,
	frame: FrameInput,
	width: number,
	height: number,
): ViewBody | undefined {
	const list = listOf(view.list);
	if (list === undefined) return undefined;
	const inner = Math.max(0, width - boxPadding);
	const key = rowKey(list, view.row);
	const { rows, readings } = listRows(list, view, frame);
	const current = rows.find((each) => rowKey(list, each) === key);
	const row = current ?? view.row;
	const { title, blocks, opens } = list.detail;
	const related = opens?.(row, frame);
	const next = related && openRelated(related);
	const isKnown = readings.every(({ kind }) => kind !== 'pending');
	const gone =
		current === undefined && isKnown
			? [[span('no longer in the list; as it was last seen', 'muted')]]
			: [];
	const content = [
		gone,
		...(blocks?.(row, frame, inner) ?? [rowLines(row, list.columns, frame, inner)]),
	]
		.filter((block) => block.length > 0)
		.flatMap((block, at): readonly Line[] => (at > 0 ? [[], ...block] : block))
		.map((each) => clipLine(isLost(frame) ? dimLine(each) : each, inner));
	const seen = scrollLines(content, view.top, Math.max(0, height - boxEdges));
	const box = {
		title: clipLine(line(listTitle(view, list), span(`  ${title(row)}`, 'strong')), longestTitle),
		tag: spaced(oldTag(questionsOfDetail(list, view), frame), scrollTag(seen)),
		isFocused: true,
		content: seen.lines,
	};
	return {
		lines: boxLines(box, width, height),
		shown: {
			...seen,
			...(related && next && { opens: next, opensWhat: related.what }),
			...(list.usageOf && { usageOf: list.usageOf(row) }),
			copies: {
				what: title(row),
				text: content.map((each) => lineText(each).trimEnd()).join('\n'),
			},
		},
	};
}

/** The list that a detail leads to, or the detail of its only row. */
function openRelated({ list: id, subject, row }: Related): View | undefined {
	const list = listOf(id);
	if (list === undefined) return undefined;
	const opened = { ...openList(list), subject };
	if (row === undefined) return opened;
	const { panel } = opened;
	return {
		kind: 'detail',
		...(panel === undefined ? {} : { panel }),
		list: id,
		subject,
		pages: [],
		row,
		top: 0,
	};
}
