import { worstOf } from '../../health/verdict.ts';
import { boxEdges, boxLines, boxPadding } from '../draw/box.ts';
import { mark } from '../draw/mark.ts';
import { clipLine, type Line, line, span } from '../draw/span.ts';
import { conditionOf, underCondition } from '../panels/condition.ts';
import type { FrameInput } from '../panels/frame-input.ts';
import { fitLines, type Panel, verdictsOf } from '../panels/panel.ts';
import { withoutSpark } from '../panels/parts.ts';
import { trendLines } from './trend.ts';

/** Below the least a chart shows less than the sparkline does; above the most it shows no more. */
const chartHeight = { least: 7, most: 10 } as const;

/** `3 Rollups ✖`: the number that focuses it, its name and its worst state. */
export function panelTitle(frame: FrameInput, { id, number, title }: Panel): Line {
	const worst = worstOf(verdictsOf(frame, id).map(({ severity }) => severity));
	return line(
		span(`${number} `, 'muted'),
		span(title, 'title'),
		worst === 'ok' ? undefined : line(' ', mark(worst)),
	);
}

/** The ranks of the lines that a panel would fill. */
export function panelRanks(frame: FrameInput, panel: Panel, width: number): readonly number[] {
	const inner = width - boxPadding;
	const condition = conditionOf(panel.stateOf(frame.report.snapshot), frame);
	return underCondition(condition, panel.lines(frame, inner)).map(({ rank }) => rank);
}

/** A panel of the overview; with rows to spare it draws its chart below its data. */
export function panelBox(
	frame: FrameInput,
	panel: Panel,
	isFocused: boolean,
	width: number,
	height: number,
): readonly Line[] {
	const inner = Math.max(0, width - boxPadding);
	const rows = Math.max(0, height - boxEdges);
	const condition = conditionOf(panel.stateOf(frame.report.snapshot), frame);
	const ranked = underCondition(condition, panel.lines(frame, inner));
	const quiet = withoutSpark(ranked);
	const spare = Math.min(rows - quiet.length - 1, chartHeight.most);
	const chart = spare >= chartHeight.least ? trendLines(frame, panel, inner, spare) : [];
	const data = fitLines(chart.length > 0 ? quiet : ranked, rows).map((each) =>
		clipLine(each, inner),
	);
	const content = chart.length > 0 ? [...data, [], ...chart] : data;
	const title = panelTitle(frame, panel);
	return boxLines({ title, tag: condition.tag, isFocused, content }, width, height);
}
