import type { RootFinding } from '../../health/diagnosis/diagnose.ts';
import { bySeverity, isAlarm, type Verdict, verdictKey } from '../../health/verdict.ts';
import { formatAge, formatPlural, formatTime } from '../../lib/format.ts';
import { isDenied } from '../../sampling/reading.ts';
import type { ConnectionState, Snapshot } from '../../sampling/snapshot.ts';
import { mark, toneOf } from '../draw/mark.ts';
import { clipLine, type Line, line, lineWidth, span, spreadLine } from '../draw/span.ts';
import { panelsOf } from '../panels/all-panels.ts';
import { type FrameInput, serverNow } from '../panels/frame-input.ts';
import { shortFailure } from './short-failure.ts';

/** What the second line says, and what stands at its end. */
type Problem = {
	readonly text: Line;
	/** Stands for `text` where that has no room. */
	readonly shortText?: Line | undefined;
	readonly end?: Line | undefined;
	/** Stands for `end` where the text needs the room. */
	readonly shortEnd?: Line | undefined;
};

/** Below this the words need all the room. */
const roomForEnd = 40;

/** Second line: the single worst problem in words, or that there is none. */
export function problemLine(frame: FrameInput, width: number): Line {
	const { text, shortText = text, end = [], shortEnd = end } = worstProblem(frame);
	const room = Math.max(0, width - 2);
	const isTight = lineWidth(text) + lineWidth(end) + 1 > room;
	const shownEnd = room < roomForEnd ? [] : isTight ? shortEnd : end;
	return clipLine(line(' ', spreadLine(isTight ? shortText : text, shownEnd, room)), width);
}

function worstProblem(frame: FrameInput): Problem {
	const { snapshot, verdicts } = frame.report;
	const { connection } = snapshot;
	if (connection.kind !== 'live') return connectionProblem(connection, frame);
	const worst = verdicts[0];
	const found = freshFinding(frame);
	const isBad = worst !== undefined && isAlarm(worst);
	if (isBad && !(found && bySeverity(found.severity, worst.severity) < 0)) {
		const panel = panelsOf(frame.environment).find(({ id }) => id === worst.panel);
		const tone = toneOf(worst.severity);
		return {
			text: line(mark(worst.severity), span(` ${worst.sentence}`, tone)),
			end: line(
				causeKey(frame, ' diagnose  '),
				panel && span(`${panel.number} ${panel.title}`, 'muted'),
			),
			shortEnd: line(causeKey(frame, ' '), panel && span(`${panel.number}`, 'muted')),
		};
	}
	if (found !== undefined) {
		return {
			text: line(mark(found.severity), span(` ${found.sentence}`, toneOf(found.severity))),
			end: line(causeKey(frame, ' diagnose  '), span(`seen ${formatTime(found.at)}`, 'muted')),
			shortEnd: causeKey(frame, ''),
		};
	}
	const unknown = whatIsUnknown(
		snapshot,
		verdicts.filter((each) => each.severity === 'unknown').length,
	);
	return unknown === undefined
		? { text: line(mark('ok'), span(' all clear', 'ok'), deniedText(snapshot)) }
		: { text: line(mark('unknown'), span(` ${unknown}`, 'unknown')) };
}

/** An answer older than this says little of now; nobody asks again while no verdict turns. */
const freshMs = 5 * 60_000;

/** What the latest diagnosis found beyond what samplers see: where that is an alarm, all is not clear. */
function freshFinding({ report, diagnosis }: FrameInput) {
	const { latest } = diagnosis ?? {};
	const finding = latest?.findings.find((each) => !isOver(each, report.verdicts));
	if (!latest || !finding || finding.severity === 'note') return undefined;
	const ageMs = report.snapshot.at - latest.at;
	if (ageMs < 0 || ageMs >= freshMs) return undefined;
	return { severity: finding.severity, sentence: finding.sentence, at: latest.at };
}

/** What samplers saw too is over when they see it no more, however old the diagnosis may get. */
function isOver({ verdicts: then }: RootFinding, now: readonly Verdict[]): boolean {
	const alarms = new Set(now.filter(isAlarm).map(verdictKey));
	return then.length > 0 && !then.some((each) => alarms.has(verdictKey(each)));
}

/** The key that leads to the cause; a plain overview has no keys. */
const causeKey = ({ diagnosis }: FrameInput, words: string): Line =>
	diagnosis === undefined ? [] : [span('d', 'accent'), span(words, 'muted')];

/** What all is clear but for: what this role may not read. */
function deniedText({ readings }: Snapshot): Line {
	const denied = [...readings.values()].filter(isDenied).length;
	if (denied === 0) return [];
	const samplers = formatPlural(denied, 'sampler');
	return [span(` in what this role may read: ${samplers} without the privilege`, 'unknown')];
}

/** Why it can't be said that all is well although nothing is known to be wrong. */
function whatIsUnknown(snapshot: Snapshot, unknownVerdicts: number): string | undefined {
	const here = [...snapshot.readings].filter(([, reading]) => reading.kind !== 'unavailable');
	const isWell = (kind: string) => kind === 'ok' || kind === 'empty';
	const open = here.filter(([, reading]) => !isWell(reading.kind));
	if (snapshot.readings.size === 0) return 'waiting for the first sample';
	if (here.length === 0)
		return 'nothing to watch: this database has none of the tables that the samplers need';
	if (open.every(([, reading]) => reading.kind === 'pending') && open.length > 0) {
		return `${formatPlural(open.length, 'sampler')} not asked yet`;
	}
	const [first] = open.filter(([, reading]) => reading.kind !== 'pending');
	if (first !== undefined) {
		const more = open.length > 1 ? `, and ${open.length - 1} more` : '';
		const sentence = 'failure' in first[1] ? first[1].failure.sentence : '';
		return `not everything is known: ${first[0]}: ${sentence}${more}`;
	}
	return unknownVerdicts > 0
		? `not everything is known: ${formatPlural(unknownVerdicts, 'signal')} without data`
		: undefined;
}

function connectionProblem(
	connection: Exclude<ConnectionState, { kind: 'live' }>,
	frame: FrameInput,
): Problem {
	if (connection.kind === 'connecting') {
		const forSeconds = (frame.now - connection.since) / 1000;
		const waiting = forSeconds >= 1 ? `, ${formatAge(forSeconds)}` : '';
		return { text: line(mark('unknown'), ` connecting to ${connection.where}${waiting}`) };
	}
	const { snapshot } = frame.report;
	const age = snapshot.identity && (serverNow(frame) - snapshot.at) / 1000;
	const told = (text: string) => line(mark('critical'), span(` ${text}`, 'critical'));
	const ageText = age === undefined ? undefined : span(`data ${formatAge(age)} old`, 'unknown');
	return {
		text: told(connection.sentence),
		shortText: told(shortFailure(connection.sentence)),
		end: line(ageText, ageText && '  ', nextTryText(connection, frame)),
	};
}

/** `next try in 4s`, counting down. */
export function nextTryText(
	{ nextTryAt }: Extract<ConnectionState, { kind: 'lost' }>,
	{ now, controls }: FrameInput,
): string {
	if (controls.isPaused) return 'paused: R tries now';
	const seconds = Math.ceil((nextTryAt - now) / 1000);
	return seconds > 0 ? `next try in ${seconds}s` : 'trying now';
}
