import type { Question } from '../../../sampling/question.ts';
import type { UsageReport } from '../../../usage/report.ts';
import type { UsageRequest } from '../../../usage/request.ts';
import { rollupsIn } from '../../../usage/settle.ts';
import { sourceText } from '../../../usage/sources.ts';
import { type UsageState, usageState } from '../../../usage/state.ts';
import { boxEdges, boxLines, boxPadding } from '../../draw/box.ts';
import { dimLine, type Line, line, spaced, span } from '../../draw/span.ts';
import { wrapWords } from '../../draw/wrap.ts';
import { scrollLines, scrollTag } from '../../frame/scroll.ts';
import type { FrameInput } from '../../panels/frame-input.ts';
import { isLost, oldTag, pendingText } from '../asked.ts';
import type { QuestionInput, ViewBody } from '../view.ts';
import { heatLines } from './usage-heat.ts';
import { headLines, noteLines, usageChart } from './usage-lines.ts';
import { usageTable } from './usage-table.ts';
import type { UsageView } from './usage-view.ts';

/** What is asked for, with the zone and the user of the settings where nothing else was typed. */
const requestOf = ({ request }: UsageView, { environment }: QuestionInput): UsageRequest => ({
	...environment.usage.viewer,
	...request,
});

type Known = ReturnType<typeof usageState>;

/** What it was made of, and what it came to. */
let latest: { readonly of: readonly unknown[]; readonly state: Known } | undefined;

/**
 * How far the answers lead. A year of days takes as long as all else of a key, and is wanted twice for
 * each: as long as nothing of what it is made of is new, it is what it was.
 */
function stateOf(view: UsageView, input: QuestionInput): Known {
	const { report, environment, answers } = input;
	const of = [view.request, report.snapshot, environment.usage, answers];
	if (latest === undefined || of.some((each, at) => each !== latest?.of[at])) {
		const { viewer: _, ...settings } = environment.usage;
		const context = { rollups: rollupsIn(report.snapshot), ...settings };
		latest = { of, state: usageState(requestOf(view, input), context, answers ?? new Map()) };
	}
	return latest.state;
}

/** All questions on the way to the report, as far as it is known. */
export const usageQuestions = (view: UsageView, input: QuestionInput): readonly Question[] =>
	stateOf(view, input).questions;

/** Usage in a box: what is shown, the picture, the table. */
export function drawUsage(
	view: UsageView,
	frame: FrameInput,
	width: number,
	height: number,
): ViewBody {
	const inner = Math.max(0, width - boxPadding);
	const field = fieldLines(view);
	const room = Math.max(0, height - boxEdges - field.length);
	const state = stateOf(view, frame);
	const content = contentOf(state, frame, inner, room).map((each) =>
		isLost(frame) ? dimLine(each) : each,
	);
	const shown = scrollLines(content, view.top, room);
	const empty = Array.from({ length: room - shown.lines.length }, (): Line => []);
	const { by, span: wanted } = view.request;
	const title = line(
		span('Usage', 'title'),
		span(`  by ${by === 'agent' ? 'agent and model' : by}`, 'muted'),
		wanted.kind === 'last' ? span(`, ${wanted.days}d`, 'muted') : undefined,
	);
	return {
		lines: boxLines(
			{
				title,
				tag: spaced(oldTag(state.questions, frame), scrollTag(shown)),
				isFocused: true,
				content: [...shown.lines, ...empty, ...field],
			},
			width,
			height,
		),
		shown,
	};
}

function contentOf(
	state: UsageState,
	frame: FrameInput,
	width: number,
	height: number,
): readonly Line[] {
	switch (state.kind) {
		case 'asking':
			return [line(span(pendingText(frame), 'muted'))];
		case 'refused': {
			const { error, offer } = state;
			if (isLost(frame) && error.kind === 'query') return [[span(pendingText(frame), 'muted')]];
			const more = offer === undefined ? '' : `; ${sourceText[offer]} can have it: s chooses it`;
			return wrapWords(`${error.message}${more}`, width).map((text) => line(span(text, 'warn')));
		}
		case 'report':
			return reportLines(state.report, width, height);
	}
}

type Drawn = { readonly width: number; readonly height: number; readonly lines: readonly Line[] };

/** The lines of a report; scrolling draws none of them anew. */
const drawn = new WeakMap<UsageReport, Drawn>();

function reportLines(report: UsageReport, width: number, height: number): readonly Line[] {
	const known = drawn.get(report);
	if (known?.width === width && known.height === height) return known.lines;
	const head = headLines(report, width);
	const table = usageTable(report, width);
	const picture =
		report.by === 'hour' && report.heat
			? heatLines(report.heat, width, report.heat.lines.length + head.length + 8 < height)
			: usageChart(report, width, chartHeight(height - head.length, table.length));
	const lines = [head, picture, table, noteLines(report, width)].flat();
	drawn.set(report, { width, height, lines });
	return lines;
}

/** As high as the table leaves it, or not there at all; a table that has to be scrolled leaves it more. */
function chartHeight(room: number, rows: number): number {
	const least = 4;
	const most = 20;
	const kept = Math.min(rows, 12, rows > room ? Math.ceil(room / 2) : rows);
	const left = Math.min(most, room - kept);
	return left < least ? 0 : left;
}

const fieldHelp = {
	zone: 'time zone (nothing: the one by itself)',
	whose: 'all, runtime NAME or workspace NAME',
} as const;

function fieldLines({ field }: UsageView): readonly Line[] {
	if (field === undefined) return [];
	return [
		line(span(`${fieldHelp[field.what]}: `, 'accent'), field.query, { text: ' ', isInverse: true }),
	];
}
