import { countDays } from '../../../lib/calendar.ts';
import { formatCompactCount, formatCount, formatPlural } from '../../../lib/format.ts';
import { localTime } from '../../../lib/zone.ts';
import type { Subject, UsageReport } from '../../../usage/report.ts';
import { sourceText } from '../../../usage/sources.ts';
import { allTokens } from '../../../usage/usage.ts';
import { verdictOf } from '../../../usage/verdict.ts';
import { originText } from '../../../usage/zone-choice.ts';
import { chartLines, chartPoints } from '../../draw/chart.ts';
import { mark, toneOf } from '../../draw/mark.ts';
import { flowLines, type Line, line, span } from '../../draw/span.ts';
import { wrapWords } from '../../draw/wrap.ts';

/** What is shown, whose days, from where, how much, and whether rollup and raw usage agree. */
export function headLines(report: UsageReport, width: number): readonly Line[] {
	const { first, last, zone, source, total, watermarkAt } = report;
	const verdict = verdictOf(report);
	const days = countDays(first, last);
	const sums = [
		['input', total.inputTokens],
		['output', total.outputTokens],
		['cache read', total.cacheReadTokens],
		['cache write', total.cacheWriteTokens],
		['events', total.events],
	] as const;
	const format = width >= 100 ? formatCount : formatCompactCount;
	const upTo =
		watermarkAt === undefined || source.source === 'raw'
			? ''
			: watermarkText(zone.zone, watermarkAt);
	const pieces = [
		[
			line(span(subjectText(report.subject), 'strong')),
			line(`${first} to ${last}`),
			line(span(formatPlural(days, 'day'), 'muted')),
			line(span(`${zone.zone}, ${originText[zone.origin]}`, 'muted')),
		],
		[
			line(span('from ', 'muted'), sourceText[source.source], span(upTo, 'muted')),
			line(span(`(${source.reason})`, 'muted')),
		],
		sums.map(([name, value]) => line(span(`${name} `, 'muted'), span(format(value), 'strong'))),
	];
	return [
		...pieces.flatMap((row) => flowLines(row, width)),
		...wrapWords(verdict.sentence, width - 2).map((words, at) =>
			line(at === 0 ? mark(verdict.severity) : ' ', ' ', span(words, toneOf(verdict.severity))),
		),
	];
}

/** The runtime or the workspace by its name, else by its id. */
export const subjectText = (subject: Subject): string =>
	subject.kind === 'all' ? 'all usage' : `${subject.kind} ${subject.name ?? subject.id}`;

/** The notes, one paragraph each. */
export const noteLines = ({ notes }: UsageReport, width: number): readonly Line[] =>
	notes.flatMap((note) =>
		wrapWords(`note: ${note}`, width).map((words) => line(span(words, 'muted'))),
	);

/**
 * Tokens by day, or by week, as a line; each value as wide as there is room for. Where there is less,
 * each point is the mean of several: a sum would be low where the span begins within one.
 */
export function usageChart(report: UsageReport, width: number, height: number): readonly Line[] {
	const unit = report.by === 'week' ? 'week' : 'day';
	const rows = unit === 'week' ? report.rows : report.days;
	const values = rows.map(({ usage }) => Number(allTokens(usage)));
	const points = chartPoints(width);
	// Of nothing there is no picture.
	if (values.length < 2 || points < 2 || values.every((value) => value === 0)) return [];
	const together = Math.ceil(values.length / points);
	const means = meansOf(values, together);
	const each = Math.floor(points / means.length);
	return chartLines(
		means.flatMap((value) => Array.from({ length: each }, () => value)),
		{
			title:
				together === 1
					? `tokens by ${unit}`
					: `tokens a ${unit}, each point the mean of ${together} ${unit}s`,
			format: formatCompactCount,
			span: `${report.first} to ${report.last}`,
		},
		width - (points - each * means.length),
		height,
	);
}

/** The means of so many values each, counted from the last; the first may be of fewer. */
const meansOf = (values: readonly number[], many: number): readonly number[] =>
	Array.from({ length: Math.ceil(values.length / many) }, (_, at) => {
		const part = values.slice(
			Math.max(0, values.length - (at + 1) * many),
			values.length - at * many,
		);
		return part.reduce((sum, value) => sum + value, 0) / part.length;
	}).toReversed();

/** Up to when the rollup has what was written, as clocks of the zone show it. */
function watermarkText(zone: string, at: number): string {
	if (at <= 0) return ', which was never filled';
	const { day, minutes } = localTime(zone, at);
	const time = [Math.floor(minutes / 60), minutes % 60].map((n) => String(n).padStart(2, '0'));
	return `, written up to ${day} ${time.join(':')}`;
}
