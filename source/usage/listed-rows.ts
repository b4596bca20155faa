import type { Row } from '../sampling/reading.ts';
import { type HeatMap, hoursOfHeatMap } from './heat-map.ts';
import type { Pair } from './pair.ts';
import type { ReportRow, RowKey } from './report.ts';
import { allTokens, noUsage, type Usage, usageOf } from './usage.ts';

/** The queries by agent and by model give so many rows, the greatest. */
const mostListed = 100;

/** Whether there may be more rows than these. */
const isCut = (rows: readonly Row[]): boolean => rows.length >= mostListed;

/** Rows that may lack some, as a whole is not to be had. */
export type Listed = { readonly rows: readonly ReportRow[]; readonly isCut: boolean };

/**
 * Agents with models, or models with providers, greatest first by whichever side says more: what one
 * side knows nothing of is a row too, unless it may only be missing from a list that was cut.
 */
export function listedRows({ own, other }: Pair, keyOf: (row: Row) => RowKey): Listed {
	const keys = new Map<string, RowKey>();
	const byKey = (rows: readonly Row[]) =>
		new Map(
			rows.map((row) => {
				const key = keyOf(row);
				const name = JSON.stringify(key);
				keys.set(name, key);
				return [name, usageOf(row)];
			}),
		);
	const [owns, others] = [byKey(own), byKey(other ?? [])];
	const rows = [...keys].flatMap(([name, key]): ReportRow[] => {
		const usage = owns.get(name) ?? (isCut(own) ? undefined : noUsage);
		if (usage === undefined) return [];
		const beside = other && (others.get(name) ?? (isCut(other) ? undefined : noUsage));
		return [{ key, usage, ...(beside && { other: beside }) }];
	});
	return { rows: rows.toSorted(byTokens), isCut: isCut(own) };
}

const greater = ({ usage, other }: ReportRow): bigint => {
	const [a, b] = [allTokens(usage), allTokens(other ?? noUsage)];
	return a > b ? a : b;
};

const byTokens = (a: ReportRow, b: ReportRow): number => {
	const difference = greater(b) - greater(a);
	return difference > 0n ? 1 : difference < 0n ? -1 : 0;
};

/** The hours from 0 to 23, all days together. */
export function hourRows(own: HeatMap, other: HeatMap | undefined): readonly ReportRow[] {
	const others: readonly { readonly usage: Usage }[] = other ? hoursOfHeatMap(other) : [];
	return hoursOfHeatMap(own).map(({ usage, starts }, hour) => {
		const beside = others[hour]?.usage;
		return {
			key: { kind: 'hour', hour },
			usage,
			...(beside && { other: beside }),
			...(own.hasStarts && { starts }),
		};
	});
}
