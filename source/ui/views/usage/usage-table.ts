import { weekdayOf } from '../../../lib/calendar.ts';
import { formatCompactCount, formatCount, unknownText } from '../../../lib/format.ts';
import {
	missingInRollup,
	type ReportRow,
	type RowKey,
	type UsageReport,
} from '../../../usage/report.ts';
import { allTokens, isSameUsage, noUsage, type Usage } from '../../../usage/usage.ts';
import { type Line, line, type Piece, span } from '../../draw/span.ts';
import { type TableColumn, tableLines } from '../../draw/table.ts';

/** From this width on every digit is shown. */
const exactWidth = 110;

/** Such as `Mon`, by the number that ISO 8601 gives the day. */
export const weekdayName = (weekday: number): string =>
	['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][weekday - 1] ?? '';

const heads: Readonly<Record<RowKey['kind'], readonly TableColumn[]>> = {
	day: [{ title: 'day' }],
	week: [{ title: 'week' }, { title: 'days', rank: 3 }],
	agent: [
		{ title: 'agent', leastWidth: 12 },
		{ title: 'model', leastWidth: 17 },
	],
	model: [
		{ title: 'provider', leastWidth: 8 },
		{ title: 'model', leastWidth: 17 },
	],
	hour: [{ title: 'hour' }],
};

/** The rows of a report as a table: days and weeks newest first, the titles on top. */
export function usageTable(report: UsageReport, width: number): readonly Line[] {
	const { by, rows, comparison, heat } = report;
	const format = width >= exactWidth ? formatCount : formatCompactCount;
	const isByTime = by === 'day' || by === 'week';
	const columns: readonly TableColumn[] = [
		...heads[by],
		{ title: 'input', isNumber: true },
		{ title: 'output', isNumber: true },
		{ title: 'cache read', isNumber: true, rank: 1 },
		{ title: 'cache write', isNumber: true, rank: 2 },
		{ title: 'events', isNumber: true, rank: 3 },
		...(heat?.hasStarts ? [{ title: 'task starts', isNumber: true }] : []),
		...(comparison.kind === 'compared' ? [{ title: 'raw − rollup', isNumber: true }] : []),
		...(isByTime ? [{ title: '', leastWidth: 13 }] : []),
	];
	const shown = isByTime ? rows.toReversed() : rows;
	return tableLines(
		columns,
		shown.map((row) => [
			...keyCells(row.key),
			...usageCells(row.usage, format),
			...(heat?.hasStarts ? [formatCount(row.starts ?? 0)] : []),
			...(comparison.kind === 'compared' ? [differenceCell(row, report)] : []),
			...(isByTime ? [remarkCell(row)] : []),
		]),
		width,
	);
}

const usageCells = (usage: Usage, format: (count: bigint) => string): readonly Piece[] => [
	format(usage.inputTokens),
	format(usage.outputTokens),
	format(usage.cacheReadTokens),
	format(usage.cacheWriteTokens),
	format(usage.events),
];

function keyCells(key: RowKey): readonly Piece[] {
	switch (key.kind) {
		case 'day':
			return [`${key.day} ${weekdayName(weekdayOf(key.day))}`];
		case 'week':
			return [key.week, `${key.first.slice(5)} to ${key.last.slice(5)}`];
		case 'agent':
			return [key.name === null || key.name === '' ? key.id : key.name, key.model];
		case 'model':
			return [key.provider, key.model];
		case 'hour':
			return [`${String(key.hour).padStart(2, '0')}:00`];
	}
}

/** Tokens that raw usage has more, or fewer; events where the tokens are the same. */
function differenceCell(row: ReportRow, { source }: UsageReport): Piece {
	const lack = missingInRollup(row, source);
	if (lack === undefined) return span(unknownText, 'muted');
	if (isSameUsage(lack, noUsage)) return span('0', 'muted');
	const tokens = allTokens(lack);
	const isExpected = row.progress !== undefined && !row.progress.isOver;
	const text =
		tokens === 0n
			? `${signed(lack.events)} events`
			: signed(tokens, (size) => formatCompactCount(size));
	return span(text, isExpected ? 'muted' : 'warn');
}

const signed = (value: bigint, format: (size: bigint) => string = formatCount): string =>
	`${value < 0n ? '-' : '+'}${format(value < 0n ? -value : value)}`;

/** What to bear in mind of a day: it is not over, the rollup has not got to it, it is a long one. */
function remarkCell({ key, progress, usage, other }: ReportRow): Piece {
	if (progress === undefined) return undefined;
	const words: string[] = [];
	// Where raw usage has nothing either, nothing is left to roll up.
	const isIdle = isSameUsage(usage, noUsage) && other !== undefined && isSameUsage(other, noUsage);
	if (!progress.isOver) words.push('not final');
	else if (!progress.isCovered && !isIdle) words.push('not rolled up');
	if (key.kind === 'day' && key.hours !== 24) words.push(`${key.hours} hours`);
	return line(span(words.join(', '), progress.isOver && !progress.isCovered ? 'warn' : 'muted'));
}
