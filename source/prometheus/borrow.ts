import { TidemarkError } from '../errors.ts';
import { sanitise } from '../lib/text.ts';
import type { Borrowed, MetricOfSeries, ReadNumber } from '../sampling/history/trends.ts';
import { askRange, type Prometheus, type Range, type RangeSeries } from './ask-range.ts';

/** A series, and where its past can be had. */
export type Borrowing = { readonly read: ReadNumber; readonly metric: MetricOfSeries };

/** What is borrowed, from where, and how far back. */
export type BorrowOptions = {
	readonly prometheus: Prometheus;
	/** Matchers that choose one of several databases, such as `job="multica"`; empty: none. */
	readonly match: string;
	readonly range: Range;
	readonly signal: AbortSignal;
};

/**
 * Fetches the past of some series, one after the other.
 * @returns undefined where none has any
 * @throws TidemarkError of kind `query`: see `askRange`; where the samples are of several databases
 */
export async function borrow(
	borrowings: readonly Borrowing[],
	{ prometheus, match, range, signal }: BorrowOptions,
): Promise<Borrowed | undefined> {
	const { fromMs, toMs, stepMs } = range;
	const count = Math.floor((toMs - fromMs) / stepMs) + 1;
	const values = new Map<ReadNumber, Float64Array>();
	const targets = new Set<string>();
	for (const { read, metric } of borrowings) {
		const matchers = [metric.matchers, match].filter((each) => each).join(',');
		const found = await askRange(prometheus, `${metric.name}{${matchers}}`, range, signal);
		for (const { labels } of found) targets.add(targetOf(labels));
		const combined = combine(found, metric, range, count);
		if (combined) values.set(read, combined);
	}
	refuseSeveral(targets, prometheus);
	if (values.size === 0) return undefined;
	const times = Float64Array.from({ length: count }, (_, at) => fromMs + at * stepMs);
	return { from: prometheus.url.host, times, values };
}

const targetOf = ({ job = '', instance = '' }: RangeSeries['labels']): string =>
	`job="${job}",instance="${instance}"`;

/** Numbers of two databases added up, or beside each other, would be those of none. */
function refuseSeveral(targets: ReadonlySet<string>, { url }: Prometheus): void {
	if (targets.size < 2) return;
	const [first = ''] = targets;
	throw new TidemarkError(
		'query',
		`Prometheus at ${url.host} has these metrics of ${targets.size} targets: choose one with --prometheus-match, such as '${sanitise(first, { maxLength: 100 })}'`,
	);
}

function combine(
	found: readonly RangeSeries[],
	metric: MetricOfSeries,
	{ fromMs, stepMs }: Range,
	count: number,
): Float64Array | undefined {
	const combined = new Float64Array(count).fill(Number.NaN);
	let isAny = false;
	for (const { values } of found) {
		for (const [at, value] of values) {
			const place = Math.round((at - fromMs) / stepMs);
			const known = combined[place];
			if (known === undefined) continue;
			isAny = true;
			if (Number.isNaN(known)) combined[place] = value;
			else combined[place] = metric.combine === 'sum' ? known + value : Math.max(known, value);
		}
	}
	return isAny ? combined : undefined;
}
