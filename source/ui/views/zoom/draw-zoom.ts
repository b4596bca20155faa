import { boxEdges, boxLines, boxPadding } from '../../draw/box.ts';
import { type Line, spaced } from '../../draw/span.ts';
import { dataLines, samplerLines, verdictLines } from '../../frame/detail.ts';
import { panelTitle } from '../../frame/panel-box.ts';
import { scrollLines, scrollTag } from '../../frame/scroll.ts';
import { trendLines } from '../../frame/trend.ts';
import { presentPanels } from '../../panels/all-panels.ts';
import { conditionOf } from '../../panels/condition.ts';
import type { FrameInput } from '../../panels/frame-input.ts';
import type { Panel } from '../../panels/panel.ts';
import type { ViewBody } from '../view.ts';
import type { ZoomView } from './zoom-view.ts';

const chartHeight = { least: 6, most: 16 } as const;

/** Everything about one panel: its data, what is wrong, how it went, what feeds it. */
export function panelStory(
	frame: FrameInput,
	panel: Panel,
	width: number,
	height: number,
): readonly Line[] {
	const [verdicts, samplers] = [
		verdictLines(frame, panel, width),
		samplerLines(frame, panel, width),
	];
	const story = (chart: readonly Line[]) => {
		const data = dataLines(frame, panel, width, chart.length > 0);
		const blocks = [data, verdicts, chart, samplers].filter((block) => block.length > 0);
		return blocks.flatMap((block, at) => (at ? [[], ...block] : block));
	};
	// What is left when one line of chart is there, and that line itself.
	const room = height - story([[]]).length + 1;
	const chartRows = Math.min(chartHeight.most, Math.max(chartHeight.least, room));
	return story(trendLines(frame, panel, width, chartRows));
}

/** A panel that has the whole body; scrolls. */
export function drawZoom(
	{ panel: number, top }: ZoomView,
	frame: FrameInput,
	width: number,
	height: number,
): ViewBody | undefined {
	const panel = presentPanels(frame).find((each) => each.number === number);
	if (panel === undefined) return undefined;
	const inner = Math.max(0, width - boxPadding);
	const rows = Math.max(0, height - boxEdges);
	const scrolled = scrollLines(panelStory(frame, panel, inner, rows), top, rows);
	const { tag } = conditionOf(panel.stateOf(frame.report.snapshot), frame);
	const box = {
		title: panelTitle(frame, panel),
		tag: spaced(tag, scrollTag(scrolled)),
		isFocused: true,
		content: scrolled.lines,
	};
	return { lines: boxLines(box, width, height), shown: scrolled };
}
