import { formatPlural } from '../lib/format.ts';
import { sanitise } from '../lib/text.ts';
import { directEngine, type Engine, functionEngine } from './engine.ts';
import { isOwn, whyNotDirect } from './facts.ts';
import { enqueueSample, rememberSample, sampleRows, spoilSample } from './sample-keys.ts';

import type { Query } from './session.ts';
import { beforeAllTime, type Shape } from './shape.ts';
import { type Interval, isoOf } from './times.ts';
import type { ActionContext, Workplace } from './workplace.ts';

type SampleRow = Readonly<Record<string, string | null>>;

/** What comparing the two engines has found. */
export type Trust =
	| { readonly kind: 'agree'; readonly buckets: number }
	/** In words, with the first column that differs. */
	| { readonly kind: 'differ'; readonly reason: string };

const timeoutMs = 60_000;

/** Buckets of a sample, of each kind: enough to meet every sort of key, few enough for a slow function. */
const sampleSize = 120;
/** They are taken from so many places: looking at years would take longer than the check. */
const samplePlaces = 5;

/** Some of the spans, evenly spread, the first and the last among them. */
export const spreadOut = (spans: readonly Interval[]): readonly Interval[] =>
	spans.length <= samplePlaces
		? spans
		: Array.from(
				{ length: samplePlaces },
				(_, n) => spans[Math.round((n * (spans.length - 1)) / (samplePlaces - 1))] as Interval,
			);

/**
 * Has both engines recompute the same sample of buckets, spoilt before, in a transaction that is
 * rolled back, and compares every value of every row. Under the pipeline's lock.
 * @param spans of bucket time; the sample comes from a few of them
 */
export async function compareEngines(
	place: Workplace,
	spans: readonly Interval[],
	signal?: AbortSignal,
): Promise<Trust> {
	const { session, shape, facts, pipeline } = place;
	const done = new RolledBack();
	let trust: Trust = { kind: 'differ', reason: 'they could not be compared' };
	const compare = async (query: Query) => {
		trust = await compareOn(query, shape, spreadOut(spans));
		throw done;
	};
	const options = { statementTimeoutMs: timeoutMs, isRepeatable: !isOwn(facts, pipeline) };
	try {
		await session.transaction(options, compare, signal);
	} catch (error) {
		if (error === done) return trust;
		if (session.isLost) throw error;
		signal?.throwIfAborted();
		return { kind: 'differ', reason: `comparing them failed: ${sanitise(error)}` };
	}
	return trust;
}

/** Thrown to leave a transaction without a trace. */
class RolledBack extends Error {}

async function compareOn(query: Query, shape: Shape, spans: readonly Interval[]): Promise<Trust> {
	const size = Math.ceil(sampleSize / Math.max(1, spans.length));
	for (const { fromMs, toMs } of spans) {
		await query(enqueueSample(shape, size), [isoOf(fromMs), isoOf(toMs)]);
	}
	const [remembered] = await query<{ sample: object[] }>(rememberSample(shape));
	const sample = JSON.stringify(remembered?.sample ?? []);
	await query(spoilSample(shape));
	const run = async (engine: Engine): Promise<SampleRow[]> => {
		await query('savepoint before_engine');
		await engine.window(query, beforeAllTime.from, beforeAllTime.to);
		const rows = await query<SampleRow>(sampleRows(shape), [sample]);
		await query('rollback to savepoint before_engine');
		return rows;
	};
	const theirs = await run(functionEngine(shape));
	const ours = await run(directEngine(shape));
	if (theirs.length === 0) return { kind: 'differ', reason: 'there is no bucket to compare' };
	return firstDifference(shape, theirs, ours) ?? { kind: 'agree', buckets: theirs.length };
}

function firstDifference(
	{ pipeline }: Shape,
	theirs: readonly SampleRow[],
	ours: readonly SampleRow[],
): Trust | undefined {
	for (const [index, row] of theirs.entries()) {
		const column = pipeline.measures.find((name) => row[name] !== ours[index]?.[name]);
		if (column === undefined) continue;
		const show = (value: string | null | undefined) => value ?? 'no row';
		const where = [row.bucket, ...pipeline.keys.map((key) => row[key])].map((text) =>
			sanitise(text),
		);
		return {
			kind: 'differ',
			reason: `${column} of bucket ${where.join(' ')} is ${show(row[column])} by ${pipeline.windowFunction} and ${show(ours[index]?.[column])} by tidemark`,
		};
	}
	return undefined;
}

/**
 * The engine that is used: the direct one once it has earned trust here, else the database's function,
 * with a note that says why.
 * @param spans of bucket time, in which there are buckets to compare
 */
export async function earnEngine(
	place: Workplace,
	wanted: Engine['name'],
	spans: readonly Interval[],
	{ onEvent, signal }: Pick<ActionContext, 'onEvent' | 'signal'>,
): Promise<Engine> {
	const { shape, facts, pipeline } = place;
	const fallback = functionEngine(shape);
	if (wanted === 'function') return fallback;
	const note = (text: string) => onEvent({ kind: 'note', text });
	const strange = whyNotDirect(facts, pipeline);
	if (strange !== undefined) {
		note(`using ${pipeline.windowFunction}: ${strange}`);
		return fallback;
	}
	const trust = await compareEngines(place, spans, signal);
	if (trust.kind === 'differ') {
		note(`using ${pipeline.windowFunction}: ${trust.reason}`);
		return fallback;
	}
	note(
		`both engines agree on ${formatPlural(trust.buckets, 'bucket')}: going on with tidemark's own statement`,
	);
	return directEngine(shape);
}
