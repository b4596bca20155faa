import type { SignalName } from '../../health/thresholds.ts';
import { bySeverity, type Severity, type Verdict } from '../../health/verdict.ts';
import { type Span, span, type Tone } from './span.ts';

/** One glyph and one tone for each severity: the state is never colour alone. */
const marks: Readonly<Record<Severity, readonly [string, Tone]>> = {
	ok: ['●', 'ok'],
	warn: ['▲', 'warn'],
	critical: ['✖', 'critical'],
	unknown: ['◌', 'unknown'],
};

/** The glyph of a severity. */
export const mark = (severity: Severity): Span => span(...marks[severity]);

/** The tone of a severity, for the text beside its glyph. */
export const toneOf = (severity: Severity): Tone => marks[severity][1];

/** Something not known: a glyph, so that it can't be read as a zero. */
export const unknownMark: Span = mark('unknown');

/** The worst severity of a signal, over all subjects or one; undefined where it isn't judged. */
export const severityOf = (
	verdicts: readonly Verdict[],
	signal: SignalName,
	subject?: string,
): Severity | undefined =>
	verdicts
		.filter((each) => each.signal === signal)
		.filter((each) => subject === undefined || each.subject === subject)
		.map(({ severity }) => severity)
		.sort(bySeverity)[0];

/** A blank and the glyph of the worst of several severities; nothing where none is judged. */
export function markAfter(...severities: readonly (Severity | undefined)[]): readonly Span[] {
	const worst = severities.filter((each) => each !== undefined).sort(bySeverity)[0];
	return worst === undefined ? [] : [{ text: ' ' }, mark(worst)];
}
