import { addEffects, decodeEffect, type Effect, kinds, noEffect } from './effect.ts';
import { previewRange } from './effect-sql.ts';
import { clipToData } from './extent.ts';
import { hourMs } from './pipelines.ts';
import type { ActionSession } from './session.ts';
import type { Shape } from './shape.ts';
import { cut, type Interval, isoOf } from './times.ts';

/** What comparing a span of buckets with raw has found. */
export type Verification = {
	readonly span: Interval;
	readonly effect: Effect;
	/** From here to the end of the span nothing differs but what waits; undefined: the last bucket does. */
	readonly provenFromMs: number | undefined;
};

/** How a span is verified. */
export type VerifyOptions = {
	readonly samples?: number;
	readonly signal?: AbortSignal;
	/** Called after each slice, newest first. */
	readonly onSlice?: (slice: Interval, effect: Effect, tookMs: number) => void;
};

const timeoutMs = 120_000;

/** The span of one statement: a day of hourly buckets, ten days of daily ones. */
export const verifySliceMs = ({ pipeline }: Shape): number =>
	pipeline.bucket === 'bucket_hour' ? 24 * hourMs : 240 * hourMs;

/**
 * Compares every bucket of a span with raw, newest first, without a lock and without writing: each
 * statement sees rollup, raw, queue and watermark of one moment.
 */
export async function verifySpan(
	session: ActionSession,
	shape: Shape,
	span: Interval,
	{ samples = 20, signal, onSlice }: VerifyOptions = {},
): Promise<Verification> {
	let effect = noEffect;
	const reading = { statementTimeoutMs: timeoutMs, isReadOnly: true };
	const clipped = await session.transaction(
		reading,
		(query) => clipToData(query, shape, span),
		signal,
	);
	for (const slice of (clipped ? cut(clipped, verifySliceMs(shape)) : []).toReversed()) {
		const startedAt = performance.now();
		const found = await session.transaction(
			reading,
			async (query) =>
				decodeEffect(
					await query<{ effect: unknown }>(previewRange(shape, samples), [
						isoOf(slice.fromMs),
						isoOf(slice.toMs),
						kinds,
					]),
				),
			signal,
		);
		onSlice?.(slice, found, performance.now() - startedAt);
		effect = addEffects(found, effect, samples);
	}
	return { span, effect, provenFromMs: provenFrom(span, effect, shape) };
}

/** The bucket after the newest wrong one. Before the first bucket there is nothing, and nothing is right. */
function provenFrom(
	span: Interval,
	{ newestWrongMs }: Effect,
	{ pipeline }: Shape,
): number | undefined {
	if (newestWrongMs === undefined) return span.fromMs;
	const fromMs = newestWrongMs + pipeline.bucketMs;
	return fromMs < span.toMs ? fromMs : undefined;
}

/** Buckets that are wrong, rather than waiting for a tick. */
export const wrongIn = ({ kinds: found }: Effect): number => found.drift + found.ghost;
