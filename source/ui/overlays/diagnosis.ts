import {
	type DiagnosisLine,
	describeDiagnosis,
	type HasCommand,
} from '../../health/diagnosis/describe.ts';
import { formatAge, formatDateTime, formatTime } from '../../lib/format.ts';
import { displayWidth } from '../../lib/text.ts';
import type { Copy } from '../binding.ts';
import type { DiagnosisState } from '../console-context.ts';
import { mark, toneOf } from '../draw/mark.ts';
import { clipLine, type Line, line, type Span, span, type Tone } from '../draw/span.ts';
import { wrapWords } from '../draw/wrap.ts';
import { type FrameInput, serverNow } from '../panels/frame-input.ts';

/** Before anybody asked. */
export const notAsked: DiagnosisState = { latest: undefined, isAsking: false };

/** Before a detail's text; on a narrow screen the label has a row of its own. */
const labelWidth = 22;
const leastTextWidth = 40;
const indent = 2;

/** The diagnosis as lines: each finding with its evidence and the next step, then how things stand. */
export function diagnosisLines(
	{ latest, isAsking }: DiagnosisState,
	hasCommand: HasCommand,
	width: number,
): readonly Line[] {
	if (latest === undefined) {
		return [[span(isAsking ? 'asking the server for evidence…' : 'not asked yet', 'muted')]];
	}
	const lines = describeDiagnosis(latest, hasCommand);
	return lines
		.flatMap((each, at) => {
			const isNew = each.role === 'sentence' || each.role === 'heading';
			return [...(isNew && at > 0 ? [[]] : []), ...rowsOf(each, width)];
		})
		.map((each) => clipLine(each, width));
}

/** Without a server: of when that is what stands below. Nothing while there is one to ask. */
export function lastFoundLines(frame: FrameInput, width: number): readonly Line[] {
	const { report, past, diagnosis } = frame;
	const { latest } = diagnosis ?? {};
	if (past !== undefined || report.snapshot.connection.kind !== 'lost' || latest === undefined) {
		return [];
	}
	const age = formatAge((serverNow(frame) - latest.at) / 1000);
	const text = `there is no server to ask: this was found ${age} ago, at ${formatDateTime(latest.at)}`;
	return [...hanging(line(mark('unknown'), ' '), text, width, 'unknown'), []];
}

/** The first action that a finding would take next, as a command line. */
export const suggestedAction = ({ latest }: DiagnosisState): string | undefined =>
	latest?.findings
		.flatMap(({ next }) => next.flatMap(({ command }) => command ?? []))
		.find((command) => /^(tick|replay|verify|repair|backfill|prune)\b/.test(command));

/** The first statement or command that the diagnosis offers, for the clipboard. */
export function firstCopy({ latest }: DiagnosisState, hasCommand: HasCommand): Copy | undefined {
	const lines = latest === undefined ? [] : describeDiagnosis(latest, hasCommand);
	const step = lines.find(({ role }) => role === 'copy');
	return step && { what: 'the next step', text: step.text };
}

/** `Diagnosis of 14:02:31`, and whether a newer one is on its way. */
export function diagnosisTitle({ latest, isAsking }: DiagnosisState): Line {
	return line(
		span('Diagnosis', 'title'),
		latest && span(` of ${formatTime(latest.at)}`, 'muted'),
		isAsking && latest ? span('  asking again…', 'muted') : undefined,
	);
}

function rowsOf(each: DiagnosisLine, width: number): readonly Line[] {
	switch (each.role) {
		case 'heading':
			return [[span(each.text, 'title')]];
		case 'sentence':
			return hanging(line(markOf(each), ' '), each.text, width, sentenceTone(each));
		case 'copy':
			return hanging([span(' '.repeat(2 * indent))], each.text, width, 'accent');
		case 'detail':
			return detailRows(each, width);
	}
}

function detailRows({ label, text }: DiagnosisLine, width: number): readonly Line[] {
	const head = label.padEnd(labelWidth);
	if (width - indent - displayWidth(head) - 1 >= leastTextWidth) {
		return hanging(line(' '.repeat(indent), span(head, 'muted'), ' '), text, width);
	}
	const rows = hanging([span(' '.repeat(2 * indent))], text, width);
	return label === '' ? rows : [line(' '.repeat(indent), span(label, 'muted')), ...rows];
}

/** The text in rows, the first after `start` and the others below the text of the first. */
function hanging(start: Line, text: string, width: number, tone?: Tone): readonly Line[] {
	const taken = start.reduce((sum, each) => sum + displayWidth(each.text), 0);
	return wrapWords(text, Math.max(1, width - taken)).map((row, at) =>
		line(...(at === 0 ? start : [span(' '.repeat(taken))]), span(row, tone)),
	);
}

/** A note explains and alarms nobody, so it has no glyph of a state. */
const markOf = ({ severity = 'ok' }: DiagnosisLine): Span =>
	severity === 'note' ? span('i', 'accent') : mark(severity);

const sentenceTone = ({ severity = 'ok' }: DiagnosisLine): Tone =>
	severity === 'note' ? 'strong' : toneOf(severity);
