import { addDays, type Day, daysFrom, weekOf } from '../lib/calendar.ts';
import { hoursOfDay, startOfDay } from '../lib/zone.ts';
import type { Pair } from './pair.ts';
import type { Reach } from './reach.ts';
import type { Comparison, DayRow, Progress, ReportRow } from './report.ts';
import type { Scope } from './scope.ts';
import { noUsage, sumUsage, type Usage, usageOf } from './usage.ts';

/** One row a day of the span, also for days without any usage. */
export function dayRows(
	{ own, other }: Pair,
	scope: Scope,
	{ comparison }: Reach,
	watermarkAt: number | undefined,
): readonly DayRow[] {
	const [owns, others] = [own, other ?? []].map(
		(rows) => new Map(rows.map((row) => [row.day as Day, usageOf(row)])),
	) as [Map<Day, Usage>, Map<Day, Usage>];
	return daysFrom(scope.first, scope.last).map((day) => ({
		key: { kind: 'day', day, hours: hoursOfDay(scope.zone.zone, day) },
		usage: owns.get(day) ?? noUsage,
		...(other &&
			comparison.kind === 'with' &&
			day >= comparison.first && { other: others.get(day) ?? noUsage }),
		progress: progressOf(day, scope, watermarkAt),
	}));
}

const progressOf = (
	day: Day,
	{ today, zone }: Scope,
	watermarkAt: number | undefined,
): Progress => ({
	isOver: day < today,
	isCovered: watermarkAt === undefined || startOfDay(zone.zone, addDays(day, 1)) <= watermarkAt,
});

/** The days by ISO weeks; the first and the last week have the days of the span only. */
export function weekRows(days: readonly DayRow[]): readonly ReportRow[] {
	const weeks = new Map<string, DayRow[]>();
	for (const row of days) {
		const { name } = weekOf(row.key.day);
		weeks.set(name, [...(weeks.get(name) ?? []), row]);
	}
	return [...weeks].map(([week, rows]) => {
		const others = rows.flatMap(({ other }) => (other ? [other] : []));
		return {
			key: {
				kind: 'week',
				week,
				first: rows[0]?.key.day ?? '',
				last: rows.at(-1)?.key.day ?? '',
			},
			usage: sumUsage(rows.map(({ usage }) => usage)),
			...(others.length === rows.length && { other: sumUsage(others) }),
			progress: {
				isOver: rows.every(({ progress }) => progress.isOver),
				isCovered: rows.every(({ progress }) => progress.isCovered),
			},
		};
	});
}

/** What the comparison came to, over the days that have both sides. */
export function comparisonOf(days: readonly DayRow[], { failure }: Pair, reach: Reach): Comparison {
	const { comparison } = reach;
	if (comparison.kind === 'none') return comparison;
	const both = days.flatMap(({ key, usage, other }) => (other ? [{ key, usage, other }] : []));
	const [first, last] = [both[0], both.at(-1)];
	if (first === undefined || last === undefined) {
		return { kind: 'none', reason: failure ?? 'nothing to compare' };
	}
	return {
		kind: 'compared',
		with: comparison.source,
		first: first.key.day,
		last: last.key.day,
		total: {
			usage: sumUsage(both.map(({ usage }) => usage)),
			other: sumUsage(both.map(({ other }) => other)),
		},
	};
}
