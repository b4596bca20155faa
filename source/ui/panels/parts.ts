import type { Severity } from '../../health/verdict.ts';
import { formatAge, formatCount, formatInterval } from '../../lib/format.ts';
import type { Trends } from '../../sampling/history/trends.ts';
import type { Count, Maybe } from '../../sampling/panel-data.ts';
import { markAfter, toneOf, unknownMark } from '../draw/mark.ts';
import { type Line, line, type Piece, type Span, span } from '../draw/span.ts';
import { sparkline } from '../draw/sparkline.ts';
import type { FrameInput } from './frame-input.ts';
import type { RankedLine } from './panel.ts';
import { bucketsOf, type Series, sparkBucketMs } from './series.ts';

/** A value, or the glyph of the unknown; never a zero in its place. */
export const known = <Value>(value: Maybe<Value>, format: (value: Value) => Piece): Piece =>
	value === undefined ? unknownMark : format(value);

/** A count in a table: zero steps back, so that what isn't zero is seen. */
export const countCell = (count: Maybe<Count>): Piece =>
	known(count, (value) => span(formatCount(value), Number(value) === 0 ? 'muted' : undefined));

/** `label 42`. */
export const labelled = (label: string, value: Piece, ...after: readonly Piece[]): Line =>
	line(span(`${label} `, 'muted'), value, ...after);

/** A count with its label, and the glyph of what is judged of it. */
export const labelledCount = (
	label: string,
	count: Maybe<Count>,
	...severities: readonly (Severity | undefined)[]
): Line => labelled(label, known(count, formatCount), ...judged(count, severities));

/** An age in seconds with its label; null reads `none`. */
export const labelledAge = (
	label: string,
	seconds: Maybe<number | null>,
	...severities: readonly (Severity | undefined)[]
): Line =>
	labelled(
		label,
		known(seconds, (value) => (value === null ? span('none', 'muted') : formatAge(value))),
		...judged(seconds, severities),
	);

// What is unknown already shows its glyph; a second one would say the same.
const judged = (value: unknown, severities: readonly (Severity | undefined)[]): readonly Span[] =>
	value === undefined ? [] : markAfter(...severities);

/** Text in the tone of a severity that isn't well; plain otherwise. */
export const alarming = (text: string, severity: Severity | undefined): Span =>
	severity === undefined || severity === 'ok' ? span(text) : span(text, toneOf(severity));

/** Where sparklines stand among a panel's lines: after what is now, before what is idle. */
export const sparkRank = 8;

/** The lines without the sparkline, where a chart shows the same. */
export const withoutSpark = (lines: readonly RankedLine[]): readonly RankedLine[] =>
	lines.filter(({ rank }) => rank !== sparkRank);

/** A sparkline of a series with its span of time, as wide as there is room for. */
export function sparkLine(frame: FrameInput, series: Series, width: number): Line | undefined {
	const label = `${series.title} `;
	const bucketMs = sparkBucketMs(frame.controls.intervalMs);
	const count = Math.min(60, width - label.length - 5);
	if (count < 8) return undefined;
	const values = bucketsOf(frame.trends, series.read, count, bucketMs);
	if (values.filter((value) => value !== undefined).length < 2) return undefined;
	const bars = sparkline(values);
	const borrowed = borrowedCells(frame.trends, count, bucketMs);
	return line(
		span(label, 'muted'),
		// What others have measured stands before a bar, one cell of it is given up for that.
		...(borrowed > 1 ? [span(bars.slice(1, borrowed), 'muted'), span('│', 'muted')] : []),
		span(bars.slice(borrowed > 1 ? borrowed : 0), 'accent'),
		span(` ${formatInterval(bucketMs * count).replace(/m\d+s$/, 'm')}`, 'muted'),
	);
}

/** How many of a sparkline's cells are of before the start, from a Prometheus. */
function borrowedCells({ times, borrowed }: Trends, count: number, bucketMs: number): number {
	const newest = times.at(-1);
	if (borrowed === undefined || newest === undefined) return 0;
	const own = Math.floor(newest / bucketMs) - Math.floor(borrowed.untilMs / bucketMs) + 1;
	return Math.max(0, count - own);
}
