import { boxEdges, boxLines, boxPadding } from '../draw/box.ts';
import { clipLine, type Line, line, lineWidth, padLine, span } from '../draw/span.ts';
import { panelsOf } from '../panels/all-panels.ts';
import { conditionOf, underCondition } from '../panels/condition.ts';
import type { FrameInput } from '../panels/frame-input.ts';
import { fitLines, type Panel } from '../panels/panel.ts';
import { samplerLines, verdictLines } from './detail.ts';
import { columnsFor, inRows, mergedRanks, shareHeights, shares } from './layout.ts';
import { panelBox, panelRanks, panelTitle } from './panel-box.ts';
import { fillLines } from './scroll.ts';
import { trendLines } from './trend.ts';

/** Rows from which on the detail of a panel below the others says more than higher panels would. */
const leastDetailHeight = 9;

/** The longest title with its glyph. */
const titleWidth = 16;

/** What the overview is made of besides the data. */
export type OverviewOptions = {
	readonly panels: readonly Panel[];
	/** All that this database has anything for, those that are held back included. */
	readonly present: readonly Panel[];
	/** Drawn as focused. */
	readonly focus: number | undefined;
	/** Whose detail is shown where there is room. */
	readonly detail: Panel | undefined;
};

/** The body of the overview: exactly `height` lines of `width`. */
export function overviewLines(
	frame: FrameInput,
	{ panels, present, focus, detail }: OverviewOptions,
	width: number,
	height: number,
): readonly Line[] {
	const absent = absentLine(frame, present, width);
	const rowsForPanels = absent === undefined || height < 18 ? height : height - 1;
	const columns = columnsFor(width, panels.length);
	const grid = inRows(panels, columns);
	const ranks = grid.map((row) => {
		const widths = shares(width, row.length);
		return mergedRanks(row.map((panel, at) => panelRanks(frame, panel, widths[at] ?? 0)));
	});
	const shared = shareHeights(ranks, rowsForPanels);
	if (shared === undefined) return fillLines(headlines(frame, panels, width), width, height);
	const hasDetail = detail !== undefined && grid.length > 1 && shared.spare >= leastDetailHeight;
	const extra = hasDetail ? [] : shares(shared.spare, grid.length);
	const body = grid.flatMap((row, at) => {
		const rowHeight = (shared.heights[at] ?? 0) + (extra[at] ?? 0);
		return sideBySide(
			row.map((panel, place) => {
				const cell = shares(width, row.length)[place] ?? 0;
				return panelBox(frame, panel, panel.number === focus, cell, rowHeight);
			}),
		);
	});
	const below = hasDetail ? detailBox(frame, detail, width, shared.spare) : [];
	const rest = rowsForPanels < height && absent !== undefined ? [absent] : [];
	return fillLines([...body, ...below, ...rest], width, height);
}

/** Blocks of one height put side by side. */
const sideBySide = (blocks: readonly (readonly Line[])[]): readonly Line[] =>
	(blocks[0] ?? []).map((_, row) => blocks.flatMap((block) => block[row] ?? []));

/** One line a panel, where boxes have no room. */
export function headlines(
	frame: FrameInput,
	panels: readonly Panel[],
	width: number,
): readonly Line[] {
	return panels.map((panel) => {
		const condition = conditionOf(panel.stateOf(frame.report.snapshot), frame);
		// Under each other where there is room for it, close together where there isn't.
		const name = panelTitle(frame, panel);
		const title = width < 60 ? name : padLine(name, titleWidth);
		const room = Math.max(0, width - lineWidth(title) - 2);
		const [headline = []] = fitLines(underCondition(condition, panel.lines(frame, room)), 1);
		return clipLine(line(' ', title, '  ', headline), width);
	});
}

/** What the database has none of takes no room, and one line says so. */
function absentLine(
	{ environment }: FrameInput,
	panels: readonly Panel[],
	width: number,
): Line | undefined {
	const absent = panelsOf(environment).filter((panel) => !panels.includes(panel));
	if (absent.length === 0 || panels.length === 0) return undefined;
	const names = absent.map(({ number, title }) => `${number} ${title}`).join(', ');
	return clipLine([span(` not in this database: ${names}`, 'muted')], width);
}

/** What is wrong in a panel and what feeds it, beside how it went. */
function detailBox(
	frame: FrameInput,
	panel: Panel,
	width: number,
	height: number,
): readonly Line[] {
	const inner = width - boxPadding;
	const rows = height - boxEdges;
	const half = inner >= 110 ? Math.floor(inner / 2) - 1 : inner;
	const words = [...verdictLines(frame, panel, half), ...samplerLines(frame, panel, half)];
	const isBeside = half < inner;
	const chartRows = isBeside ? rows : rows - Math.min(words.length, rows - 8);
	const chart = trendLines(
		frame,
		panel,
		isBeside ? inner - half - 2 : inner,
		Math.min(chartRows, 20),
	);
	const content = isBeside
		? Array.from({ length: rows }, (_, row) =>
				line(padLine(words[row] ?? [], half + 2), chart[row] ?? []),
			)
		: [...words.slice(0, Math.max(0, rows - chart.length)), ...chart];
	const title = line(panelTitle(frame, panel), span(' in detail', 'muted'));
	return boxLines({ title, content }, width, height);
}
