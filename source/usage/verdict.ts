import { formatCompactCount, formatPlural } from '../lib/format.ts';
import { type DayRow, missingInRollup, type UsageReport } from './report.ts';
import { sourceText } from './sources.ts';
import { allTokens, isSameUsage, noUsage, sumUsage, type Usage } from './usage.ts';

/** What the comparison of rollup and raw usage comes to, in words. */
export type UsageVerdict = {
	/** Unknown: there was no comparison. */
	readonly severity: 'ok' | 'warn' | 'critical' | 'unknown';
	readonly sentence: string;
};

/**
 * Says how far rollup and raw usage agree. That today's usage is not all in the rollup is as it
 * should be; that of days beyond the watermark is late; on other days something was changed, which the
 * next tick takes, or the rollup is wrong.
 */
export function verdictOf(report: UsageReport): UsageVerdict {
	const { comparison, source, first } = report;
	const beside = sourceText[comparison.kind === 'compared' ? comparison.with : 'raw'];
	if (comparison.kind === 'none') {
		return { severity: 'unknown', sentence: `not compared: ${comparison.reason}` };
	}
	const rollup = sourceText[source.source === 'raw' ? comparison.with : source.source];
	const since = comparison.first === first ? '' : `, compared from ${comparison.first} on`;
	const differing = report.days.filter(isDifferent);
	const { usage, other } = comparison.total;
	if (differing.length === 0) {
		const nothing = isSameUsage(usage, noUsage) ? ': nothing was used' : '';
		return { severity: 'ok', sentence: `${beside} says the same${nothing}${since}` };
	}
	const [rolled, raw] = source.source === 'raw' ? [other, usage] : [usage, other];
	if (isSameUsage(rolled, noUsage)) {
		const sentence = `${rollup} says 0 where raw usage has ${usageText(raw)}${since}`;
		// Usage that began a moment ago is no more than late.
		return { severity: differing.some(isPast) ? 'critical' : 'ok', sentence };
	}
	const wrong = differing.filter(({ progress }) => progress.isOver && progress.isCovered);
	if (wrong.length > 0) {
		const days = `${formatPlural(wrong.length, 'day')} before its watermark`;
		return {
			severity: 'warn',
			sentence: `${rollup} differs on ${days}: ${lackText(wrong, report)}${since}; what changed there lately comes with the next tick, tidemark verify tells the rest`,
		};
	}
	const late = differing.filter(isPast);
	if (late.length > 0) {
		const days = `${formatPlural(late.length, 'day')} beyond its watermark`;
		return {
			severity: 'warn',
			sentence: `${rollup} has not got to ${days}: ${lackText(late, report)}${since}`,
		};
	}
	return {
		severity: 'ok',
		sentence: `${beside} says the same of days that are over; today ${lackText(differing, report)}${since}`,
	};
}

const isPast = ({ progress }: DayRow): boolean => progress.isOver;

const isDifferent = ({ usage, other }: DayRow): boolean =>
	other !== undefined && !isSameUsage(usage, other);

function lackText(rows: readonly DayRow[], { source }: UsageReport): string {
	const lack = sumUsage(rows.map((row) => missingInRollup(row, source) ?? noUsage));
	const isLess = allTokens(lack) < 0n || (allTokens(lack) === 0n && lack.events < 0n);
	const amount = usageText({ ...lack });
	return isLess ? `it has ${amount} too many` : `raw usage has ${amount} more`;
}

function usageText(usage: Usage): string {
	const tokens = `${formatCompactCount(absolute(allTokens(usage)))} tokens`;
	// A row of usage that grew is no other event.
	if (usage.events === 0n) return tokens;
	return `${tokens} in ${formatPlural(absolute(usage.events), 'event')}`;
}

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);
