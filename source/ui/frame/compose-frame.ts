import { nothingShown } from '../binding.ts';
import { asciiLine } from '../draw/ascii.ts';
import { type Line, line, lineText, span } from '../draw/span.ts';
import { wrapWords } from '../draw/wrap.ts';
import { presentPanels } from '../panels/all-panels.ts';
import type { FrameInput } from '../panels/frame-input.ts';
import { type Panel, verdictsOf } from '../panels/panel.ts';
import { matches, openSieve, type Sieve } from '../sieve.ts';
import type { StepFacts, UiState } from '../state.ts';
import { definitionOf, questionsOf } from '../views/all-views.ts';
import type { ViewBody } from '../views/view.ts';
import { connectionLines } from './connection-body.ts';
import { eventLine } from './event-line.ts';
import { factsOf, worstPanel } from './facts.ts';
import { footerLine } from './footer.ts';
import { headerLine } from './header.ts';
import { overlayBody } from './overlay-body.ts';
import { headlines, overviewLines } from './overview.ts';
import { problemLine } from './problem-line.ts';
import { fillLines } from './scroll.ts';
import { sieveLine } from './sieve-line.ts';

/** A screenful, and what the next key needs to know of it. */
export type Frame = { readonly lines: readonly Line[]; readonly facts: StepFacts };

/** Below this there is one line, and as many headlines as fit. */
const least = { columns: 40, rows: 10 } as const;

/** Rows of the header, the problem, the events and the footer. */
const edgeRows = 4;

/** Everything on screen as lines, at most `columns` wide and exactly `rows` of them. */
export function composeFrame(
	frame: FrameInput,
	state: UiState,
	columns: number,
	rows: number,
): Frame {
	const panels = hasAnswered(frame) ? presentPanels(frame) : [];
	if (columns < least.columns || rows < least.rows) {
		const all = [problemLine(frame, columns), ...headlines(frame, panels, columns)];
		const lines = finish(all.slice(0, rows), frame);
		const facts = factsOf(frame, state, panels);
		return { lines, facts: { ...facts, screenText: () => textOf(lines) } };
	}
	const body = bodyOf(frame, state, panels, columns, rows - edgeRows);
	const facts = factsOf(frame, state, panels, body.shown);
	const lines = finish(
		[
			headerLine(frame, columns),
			problemLine(frame, columns),
			...fillLines(body.lines, columns, rows - edgeRows),
			eventLine(frame, noticeOf(state), columns),
			footerLine(facts, columns),
		],
		frame,
	);
	const { overlay, ...below } = state;
	const screenText = () =>
		// What the palette copies is the screen that it was opened over.
		textOf(overlay?.kind === 'palette' ? composeFrame(frame, below, columns, rows).lines : lines);
	return { lines, facts: { ...facts, screenText } };
}

const textOf = (lines: readonly Line[]): string =>
	lines.map((each) => lineText(each).trimEnd()).join('\n');

/** What the last key did or could not do, else what is held back of the panels. */
function noticeOf({ notice, sieve, view, overlay }: UiState): Line | undefined {
	if (notice !== undefined) return [span(notice, 'strong')];
	const held = sieve === undefined || view || overlay ? [] : sieveLine(sieve);
	return held.length === 0 ? undefined : held;
}

const finish = (lines: readonly Line[], { environment }: FrameInput): readonly Line[] =>
	environment.isAscii ? lines.map(asciiLine) : lines;

/** Whether there was ever a sample: before that there is nothing to keep on screen. */
const hasAnswered = ({ report }: FrameInput): boolean => report.snapshot.readings.size > 0;

function bodyOf(
	frame: FrameInput,
	state: UiState,
	panels: readonly Panel[],
	width: number,
	height: number,
): ViewBody {
	const { overlay, ...below } = state;
	const under = () => viewBody(frame, below, panels, width, height);
	if (overlay === undefined) return under();
	// Palette and help say of each key whether it can do something in what lies under them.
	const listsKeys = overlay.kind === 'palette' || overlay.kind === 'help';
	const facts = {
		over: factsOf(frame, state, panels),
		under: factsOf(frame, below, panels, listsKeys ? under().shown : undefined),
	};
	return overlayBody(frame, overlay, facts, under, width, height);
}

/** The open view, else the panels. */
function viewBody(
	frame: FrameInput,
	{ view, focus, sieve = openSieve }: UiState,
	panels: readonly Panel[],
	width: number,
	height: number,
): ViewBody {
	if (
		view &&
		frame.past &&
		!definitionOf(view).isKept?.(view) &&
		questionsOf(view, frame).length > 0
	) {
		return { lines: notKept(width), shown: nothingShown };
	}
	const body = view && definitionOf(view).draw(view, frame, width, height);
	if (body !== undefined) return body;
	if (panels.length === 0) return { lines: connectionLines(frame, width), shown: nothingShown };
	const kept = panels.filter((panel) => isLetThrough(frame, panel, sieve, width));
	if (kept.length === 0) {
		const lines = [line(' ', span('no panel is let through; esc shows all', 'muted'))];
		return { lines, shown: nothingShown };
	}
	const detail = kept.find(({ number }) => number === focus) ?? worstPanel(frame, kept);
	const lines = overviewLines(
		frame,
		{ panels: kept, present: panels, focus, detail },
		width,
		height,
	);
	return { lines, shown: nothingShown };
}

/** What is read off the server while it is looked at isn't kept. */
const notKept = (width: number): readonly Line[] => [
	[],
	...wrapWords(
		'This is read off the server while it is open, so that there is nothing of it in the past: what the samplers saw is in the panels. esc closes it.',
		Math.max(1, width - 4),
	).map((text) => line('  ', span(text, 'muted'))),
];

/** Whether a panel has a problem, or says what is looked for. */
function isLetThrough(frame: FrameInput, panel: Panel, sieve: Sieve, width: number): boolean {
	if (
		sieve.isProblemsOnly &&
		!verdictsOf(frame, panel.id).some(({ severity }) => severity !== 'ok')
	) {
		return false;
	}
	if (sieve.query === '') return true;
	const said = panel.lines(frame, width).map((each) => lineText(each.line));
	return matches(sieve.query, `${panel.title} ${said.join(' ')}`);
}
