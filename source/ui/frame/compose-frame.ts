import { emptyDesk } from '../../actions/desk-state.ts';
import { asciiLine } from '../draw/ascii.ts';
import { boxEdges, boxLines, boxPadding } from '../draw/box.ts';
import { clipLine, type Line, line, span } from '../draw/span.ts';
import { actionContent, actionTitle, topFor } from '../overlays/actions.ts';
import {
	diagnosisLines,
	diagnosisTitle,
	notAsked,
	suggestedAction,
} from '../overlays/diagnosis.ts';
import { presentPanels } from '../panels/all-panels.ts';
import type { FrameInput } from '../panels/frame-input.ts';
import type { Panel } from '../panels/panel.ts';
import type { Overlay, StepFacts, UiState } from '../state.ts';
import { connectionLines } from './connection-body.ts';
import { eventLine } from './event-line.ts';
import { eventLogLines } from './event-log.ts';
import { footerLine } from './footer.ts';
import { headerLine } from './header.ts';
import { helpLines } from './help.ts';
import { headlines, overviewLines } from './overview.ts';
import { problemLine } from './problem-line.ts';
import { fillLines, type Scrolled, scrollLines, scrollTag } from './scroll.ts';
import { zoomLines } from './zoom.ts';

/** A screenful, and what the next key needs to know of it. */
export type Frame = { readonly lines: readonly Line[]; readonly facts: StepFacts };

/** Below this there is one line, and as many headlines as fit. */
const least = { columns: 40, rows: 10 } as const;

/** A title leaves room for the tag at the other end of its border. */
const longestTitle = 60;

/** Rows of the header, the problem, the events and the footer. */
const edgeRows = 4;

type Body = { readonly lines: readonly Line[]; readonly scrolled?: Scrolled };

/** Everything on screen as lines, at most `columns` wide and exactly `rows` of them. */
export function composeFrame(
	frame: FrameInput,
	state: UiState,
	columns: number,
	rows: number,
): Frame {
	const panels = hasAnswered(frame) ? presentPanels(frame.report.snapshot) : [];
	if (columns < least.columns || rows < least.rows) {
		const all = [problemLine(frame, columns), ...headlines(frame, panels, columns)];
		const facts = factsOf(frame, state, panels, undefined);
		return { lines: finish(all.slice(0, rows), frame), facts };
	}
	const body = bodyOf(frame, state, panels, columns, rows - edgeRows);
	const facts = factsOf(frame, state, panels, body.scrolled);
	const lines = [
		headerLine(frame, columns),
		problemLine(frame, columns),
		...fillLines(body.lines, columns, rows - edgeRows),
		eventLine(frame, state.notice, columns),
		footerLine(facts, columns),
	];
	return { lines: finish(lines, frame), facts };
}

const finish = (lines: readonly Line[], { environment }: FrameInput): readonly Line[] =>
	environment.isAscii ? lines.map(asciiLine) : lines;

/** Whether there was ever a sample: before that there is nothing to keep on screen. */
const hasAnswered = ({ report }: FrameInput): boolean => report.snapshot.readings.size > 0;

function factsOf(
	frame: FrameInput,
	state: UiState,
	panels: readonly Panel[],
	scrolled: Scrolled | undefined,
): StepFacts {
	return {
		controls: frame.controls,
		panels: panels.map(({ number }) => number),
		maxTop: scrolled?.maxTop ?? 0,
		pageRows: scrolled?.pageRows ?? 0,
		isZoomed: state.overlay === undefined && state.zoom !== undefined,
		canGoBack: state.overlay !== undefined || state.zoom !== undefined || state.focus !== undefined,
		isHelp: state.overlay?.kind === 'help',
		isDiagnosis: state.overlay?.kind === 'diagnosis',
		isActions: state.overlay?.kind === 'actions',
		desk: frame.desk ?? emptyDesk,
		whyNoActions: whyNoActions(frame),
		suggested: suggestedAction(frame.diagnosis ?? notAsked),
		isTyping: state.overlay?.kind === 'help' && state.overlay.isTyping,
		isLost: frame.report.snapshot.connection.kind === 'lost',
		worstPanel: worstPanel(frame, panels)?.number,
	};
}

/** Why nothing can be changed here, whatever the role may. */
function whyNoActions({ environment, report }: FrameInput): string | undefined {
	const { connection } = report.snapshot;
	if (environment.isReadOnly) return 'tidemark runs with --read-only';
	if (connection.kind === 'lost') return 'there is no server to act on';
	if (connection.kind === 'live' && connection.identity.isStandby) {
		return 'this is a standby: nothing can be written here';
	}
	return undefined;
}

/** The panel of the worst verdict, else the first. */
function worstPanel({ report }: FrameInput, panels: readonly Panel[]): Panel | undefined {
	const worst = report.verdicts.find(({ panel }) => panels.some(({ id }) => id === panel));
	return panels.find(({ id }) => id === worst?.panel) ?? panels[0];
}

function bodyOf(
	frame: FrameInput,
	state: UiState,
	panels: readonly Panel[],
	width: number,
	height: number,
): Body {
	if (state.overlay !== undefined)
		return overlayOf(frame, state, state.overlay, panels, width, height);
	const zoomed = panels.find(({ number }) => number === state.zoom?.panel);
	if (state.zoom !== undefined && zoomed !== undefined) {
		return zoomLines(frame, zoomed, state.zoom.top, width, height);
	}
	if (panels.length === 0) return { lines: connectionLines(frame, width) };
	const focused = panels.find(({ number }) => number === state.focus);
	const detail = focused ?? worstPanel(frame, panels);
	return { lines: overviewLines(frame, { panels, focus: state.focus, detail }, width, height) };
}

function overlayOf(
	frame: FrameInput,
	state: UiState,
	overlay: Overlay,
	panels: readonly Panel[],
	width: number,
	height: number,
): Body {
	const inner = Math.max(0, width - boxPadding);
	const pageRows = Math.max(0, height - boxEdges);
	const facts = factsOf(frame, state, panels, undefined);
	if (overlay.kind === 'actions') {
		const desk = frame.desk ?? emptyDesk;
		const acting = actionContent(desk, inner);
		const seen = scrollLines(acting.lines, topFor(acting, overlay.top, pageRows), pageRows);
		const box = {
			title: actionTitle(desk),
			tag: scrollTag(seen),
			isFocused: true,
			content: seen.lines,
		};
		return { lines: boxLines(box, width, height), scrolled: seen };
	}
	const content = () => {
		if (overlay.kind === 'help') return helpFor(overlay.query, facts, inner, pageRows);
		const { report, environment, diagnosis = notAsked } = frame;
		return overlay.kind === 'log'
			? eventLogLines(report.events, environment.warnings, inner)
			: diagnosisLines(diagnosis, environment.hasCommand, inner);
	};
	const scrolled = scrollLines(content(), overlay.top, pageRows);
	const title = overlayTitle(overlay, frame);
	const box = { title, tag: scrollTag(scrolled), isFocused: true, content: scrolled.lines };
	return { lines: boxLines(box, width, height), scrolled };
}

function overlayTitle(overlay: Overlay, { diagnosis = notAsked }: FrameInput): Line {
	if (overlay.kind === 'help') return helpTitle(overlay);
	return overlay.kind === 'log'
		? line(span('Event log', 'title'))
		: clipLine(diagnosisTitle(diagnosis), longestTitle);
}

function helpTitle({ query, isTyping }: Extract<Overlay, { kind: 'help' }>): Line {
	if (!isTyping && query === '') return line(span('Help', 'title'), span('  / searches', 'muted'));
	return clipLine(
		line(
			span('Help', 'title'),
			` /${query}`,
			isTyping ? { text: ' ', isInverse: true } : undefined,
		),
		longestTitle,
	);
}

/** The help lists itself, so whether it can be scrolled is known only once it is there. */
function helpFor(
	query: string,
	facts: StepFacts,
	width: number,
	pageRows: number,
): readonly Line[] {
	const maxTop = Math.max(0, helpLines(query, facts, width).length - pageRows);
	return helpLines(query, { ...facts, maxTop }, width);
}
