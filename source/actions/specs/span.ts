import { extentOptions, readExtent } from '../extent.ts';
import { dayMs } from '../pipelines.ts';
import { type Interval, wholeBuckets } from '../times.ts';
import type { Workplace } from '../workplace.ts';

/** A span by the database's clock; `endMs` is where the last bucket there can be ends. */
export type SpanOf = (nowMs: number, endMs: number) => Interval;

/** The last so many ms, to the last bucket there can be. */
export const lastMs =
	(ms: number): SpanOf =>
	(nowMs, endMs) => ({ fromMs: nowMs - ms, toMs: endMs });

/** A span in whole buckets. Where days are not UTC's it may end a day later: it is tomorrow somewhere. */
export async function spanAt(
	{ session, shape, pipeline }: Workplace,
	span: SpanOf,
	signal?: AbortSignal,
) {
	const { nowMs } = await session.transaction(
		extentOptions,
		(query) => readExtent(query, shape),
		signal,
	);
	const endMs = nowMs + (shape.zone.kind === 'utc' ? 0 : dayMs);
	return wholeBuckets(span(nowMs, endMs), pipeline);
}
