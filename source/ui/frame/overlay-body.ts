import { emptyDesk } from '../../actions/desk-state.ts';
import type { Copy, KeyFacts } from '../binding.ts';
import { boxEdges, boxLines, boxPadding } from '../draw/box.ts';
import { clipLine, type Line, line, span } from '../draw/span.ts';
import { actionContent, actionTitle, topFor } from '../overlays/actions.ts';
import {
	diagnosisLines,
	diagnosisTitle,
	firstCopy,
	lastFoundLines,
	notAsked,
} from '../overlays/diagnosis.ts';
import { paletteLines } from '../overlays/palette.ts';
import type { FrameInput } from '../panels/frame-input.ts';
import type { Overlay } from '../state.ts';
import type { Typing } from '../typing.ts';
import type { ViewBody } from '../views/view.ts';
import { eventLogLines } from './event-log.ts';
import { helpLines } from './help.ts';
import { fillLines, scrollLines, scrollTag } from './scroll.ts';
import { sieveLine } from './sieve-line.ts';

/** A title leaves room for the tag at the other end of its border. */
const longestTitle = 60;

/** The palette lies over the upper part only: what it acts on stays in sight. */
const paletteHeight = 16;

/** What lies over the body, drawn in its place; the palette shows the body below it. */
export function overlayBody(
	frame: FrameInput,
	overlay: Overlay,
	/** How things stand, with the overlay and without. */
	facts: { readonly over: KeyFacts; readonly under: KeyFacts },
	below: () => ViewBody,
	width: number,
	height: number,
): ViewBody {
	const inner = Math.max(0, width - boxPadding);
	const pageRows = Math.max(0, height - boxEdges);
	switch (overlay.kind) {
		case 'palette': {
			const rows = Math.min(paletteHeight, height);
			const content = paletteLines(overlay, facts.under, inner, rows - boxEdges);
			const box = { title: line(span('Palette', 'title')), isFocused: true, content };
			const { lines, shown } = below();
			const rest = fillLines(lines, width, height).slice(rows);
			return { lines: [...boxLines(box, width, rows), ...rest], shown };
		}
		case 'actions': {
			const desk = frame.desk ?? emptyDesk;
			const acting = actionContent(desk, inner);
			const top = topFor(acting, overlay.top, pageRows);
			return scrolling({ title: actionTitle(desk), lines: acting.lines, top }, width, height);
		}
		case 'help': {
			const lines = helpFor(overlay.query, facts.under, inner, pageRows);
			return scrolling({ title: helpTitle(overlay), lines, top: overlay.top }, width, height);
		}
		case 'log': {
			const { report, environment } = frame;
			const sieve = sieveLine(overlay.sieve);
			const title = line(span('Event log', 'title'), sieve.length > 0 ? '  ' : undefined, sieve);
			const lines = eventLogLines(report.events, environment.warnings, inner, overlay.sieve);
			return scrolling({ title, lines, top: overlay.top }, width, height);
		}
		case 'diagnosis': {
			const { environment, diagnosis = notAsked } = frame;
			const title = clipLine(diagnosisTitle(diagnosis), longestTitle);
			const lines = [
				...lastFoundLines(frame, inner),
				...diagnosisLines(diagnosis, environment.hasCommand, inner),
			];
			const copies = firstCopy(diagnosis, environment.hasCommand);
			return scrolling({ title, lines, top: overlay.top, copies }, width, height);
		}
	}
}

type Scrolling = {
	readonly title: Line;
	readonly lines: readonly Line[];
	readonly top: number;
	readonly copies?: Copy | undefined;
};

/** Lines in a box that has the whole body. */
function scrolling(
	{ title, lines, top, copies }: Scrolling,
	width: number,
	height: number,
): ViewBody {
	const seen = scrollLines(lines, top, Math.max(0, height - boxEdges));
	const box = { title, tag: scrollTag(seen), isFocused: true, content: seen.lines };
	return {
		lines: boxLines(box, width, height),
		shown: { ...seen, ...(copies && { copies }) },
	};
}

function helpTitle({ query, isTyping }: Typing): Line {
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
function helpFor(query: string, facts: KeyFacts, width: number, pageRows: number): readonly Line[] {
	const over = { ...facts, canGoBack: true };
	const maxTop = Math.max(0, helpLines(query, over, width).length - pageRows);
	return helpLines(query, { ...over, maxTop }, width);
}
