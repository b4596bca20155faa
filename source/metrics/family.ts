import type { MetricType } from '../catalog/sampler.ts';

/** One line of an exposition. */
export type Series = {
	/** What follows the family's name: `_bucket`, `_count`, `_sum`; absent: nothing. */
	readonly suffix?: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly value: number;
};

/** All series of one metric name; without any series it is left out of the exposition. */
export type Family = {
	readonly name: string;
	readonly help: string;
	readonly type: MetricType;
	readonly series: readonly Series[];
};

/**
 * One series for each set of labels: two rows whose labels became the same when their text was made
 * safe are parts of one series now, and their values are added. Prometheus refuses a whole scrape
 * that holds a series twice.
 */
export function mergeSeries(series: readonly Series[]): readonly Series[] {
	const merged = new Map<string, Series>();
	for (const each of series) {
		const key = `${each.suffix ?? ''} ${JSON.stringify(Object.entries(each.labels).sort())}`;
		const known = merged.get(key);
		merged.set(key, known ? { ...known, value: known.value + each.value } : each);
	}
	return [...merged.values()];
}
