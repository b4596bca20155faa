import { refused } from './action-error.ts';
import {
	addEffects,
	decodeEffect,
	type Effect,
	type EffectGroup,
	kinds,
	noEffect,
	planHash,
	touchedBy,
} from './effect.ts';
import { previewRange, previewWindow } from './effect-sql.ts';
import type { EngineName } from './engine.ts';
import { clipToData, type Extent, readExtent, readWeights } from './extent.ts';
import { isOwn, whyNotDirect } from './facts.ts';
import { longestHoldMs, type Pace, predictMs, weightOf } from './pace.ts';
import { dayMs, hourMs, type Pipeline } from './pipelines.ts';
import type { Query } from './session.ts';
import { cut, type Interval, isoOf, momentText, wholeBuckets } from './times.ts';
import type { Workplace } from './workplace.ts';

/** What a replay goes by: the time of the buckets, or when their usage last changed. */
export const replayBys = ['bucket', 'update'] as const;
export type ReplayBy = (typeof replayBys)[number];

/** What is to be replayed. */
export type ReplayWish = {
	readonly span: Interval;
	readonly by: ReplayBy;
	readonly engine: EngineName;
};

/** One transaction of a replay, and what it would change. */
export type ReplaySlice = Interval & {
	readonly effect: Effect;
	/** Told by the digest that it still holds when it is applied. */
	readonly hash: string;
	/** What it weighs: the buckets that it changes; by update, the usage that changed in it. */
	readonly rows: number;
};

/** What a replay would change, bucket by bucket. */
export type ReplayPlan = {
	readonly wish: ReplayWish;
	readonly slices: readonly ReplaySlice[];
	readonly effect: Effect;
	/** Names exactly this plan. */
	readonly hash: string;
	readonly extent: Extent;
	/** Something about the plan worth knowing; sentences. */
	readonly notes: readonly string[];
};

const previewTimeoutMs = 120_000;

/**
 * How fast an engine goes at first: buckets a ms of the field's window function (620 a second were
 * measured), and of one statement, which takes longer on our own tables.
 */
export const replayPace = ({ facts, pipeline }: Workplace, engine: EngineName): Pace => ({
	rowsPerMs: engine === 'function' ? 0.6 : isOwn(facts, pipeline) ? 5 : 20,
	isMeasured: false,
});

/** A slice as it is, or smaller ones where it would hold the lock too long. */
export function piecesOf(
	slice: Interval & { readonly rows: number },
	pace: Pace,
	stepMs: number,
): readonly Interval[] {
	return predictMs(pace, slice.rows) <= longestHoldMs ? [slice] : cut(slice, stepMs);
}

/** Buckets can't be cut. */
export const bucketStepMs = ({ bucketMs }: Pipeline): number => (bucketMs < dayMs ? hourMs : dayMs);

/** Computes what a replay would do, read-only. @throws ActionError `refused` for a span that can't be */
export async function planReplay(
	place: Workplace,
	wish: ReplayWish,
	signal?: AbortSignal,
): Promise<ReplayPlan> {
	const { session, shape, facts, pipeline } = place;
	const reading = { statementTimeoutMs: previewTimeoutMs, isReadOnly: true, isRepeatable: true };
	return session.transaction(
		reading,
		async (query) => {
			const extent = await readExtent(query, shape);
			const { span, notes } = settle(place, wish, extent);
			const strange = wish.engine === 'direct' ? whyNotDirect(facts, pipeline) : undefined;
			const settled = { ...wish, span, engine: strange === undefined ? wish.engine : 'function' };
			const slices =
				wish.by === 'bucket'
					? await planBuckets(query, place, settled)
					: await planUpdates(query, place, settled, extent);
			const effect = slices.reduce((sum, slice) => addEffects(sum, slice.effect), noEffect);
			const what = [pipeline.name, wish.by, span.fromMs, span.toMs].join(' ');
			return {
				wish: settled,
				slices,
				effect,
				hash: planHash(what, effect.groups),
				extent,
				notes: strange === undefined ? notes : [...notes, `not by direct engine: ${strange}`],
			};
		},
		signal,
	);
}

function settle({ pipeline }: Workplace, { span, by }: ReplayWish, { settledMs }: Extent) {
	if (span.fromMs >= span.toMs) {
		throw refused(
			`Nothing to replay: --from ${momentText(span.fromMs)} is not before --to ${momentText(span.toMs)}.`,
		);
	}
	if (by === 'bucket') return { span: wholeBuckets(span, pipeline), notes: [] };
	if (span.toMs <= settledMs) return { span, notes: [] };
	if (span.fromMs >= settledMs) {
		throw refused(
			`Nothing to replay yet: usage is settled up to ${momentText(settledMs)} UTC, and what is younger is the next tick's.`,
		);
	}
	// A window also drains the queue up to its end; an invalidation that is being written meanwhile,
	// with a time before that end, would be drained unread.
	const note = `the window ends at ${momentText(settledMs)} UTC: what is younger is the next tick's`;
	return { span: { ...span, toMs: settledMs }, notes: [note] };
}

/** Names what one slice does, wherever in a plan it stands. */
export const sliceHash = (groups: readonly EffectGroup[]): string =>
	planHash(
		'',
		groups.map((group) => ({ ...group, slot: 0 })),
	);

/** Day by day, and hour by hour where a day would hold the lock too long. */
async function planBuckets(query: Query, place: Workplace, { span, engine }: ReplayWish) {
	const { pipeline, shape } = place;
	const preview = async (piece: Interval): Promise<ReplaySlice> => {
		const values = [isoOf(piece.fromMs), isoOf(piece.toMs), kinds];
		const effect = decodeEffect(await query<{ effect: unknown }>(previewRange(shape, 3), values));
		const rows = touchedBy(effect.groups);
		return { ...piece, effect, hash: sliceHash(effect.groups), rows };
	};
	const slices: ReplaySlice[] = [];
	const clipped = await clipToData(query, shape, span);
	for (const day of clipped ? cut(clipped, dayMs) : []) {
		const slice = await preview(day);
		const pieces = piecesOf(slice, replayPace(place, engine), bucketStepMs(pipeline));
		if (pieces.length === 1) slices.push(slice);
		else for (const piece of pieces) slices.push(await preview(piece));
	}
	return slices.map((slice, slot) => ({ ...slice, effect: withSlot(slice.effect, slot) }));
}

const withSlot = (effect: Effect, slot: number): Effect => ({
	...effect,
	groups: effect.groups.map((group) => ({ ...group, slot })),
});

/** One look at the whole window: a bucket that several slices meet is changed by the first of them. */
async function planUpdates(
	query: Query,
	place: Workplace,
	{ span: wished, engine }: ReplayWish,
	{ oldestMs }: Extent,
) {
	const { shape } = place;
	// Nothing changed before the oldest row was made.
	const firstMs = Math.min(oldestMs ?? wished.fromMs, wished.toMs - 1);
	const span = { ...wished, fromMs: Math.max(wished.fromMs, firstMs) };
	const weights = await readWeights(query, shape, span.fromMs, span.toMs);
	const pace = replayPace(place, engine);
	const pieces = cut(span, dayMs).flatMap((day) =>
		piecesOf({ ...day, rows: weightOf(weights, day) }, pace, hourMs),
	);
	const ends = pieces.map(({ toMs }) => isoOf(toMs));
	const values = [isoOf(span.fromMs), isoOf(span.toMs), ends];
	const whole = decodeEffect(await query<{ effect: unknown }>(previewWindow(shape), values));
	return pieces.map((piece, slot): ReplaySlice => {
		const groups = whole.groups.filter((group) => group.slot === slot);
		// Looked at are all of them together; the first slice has the number.
		const effect = { ...whole, groups, buckets: slot === 0 ? whole.buckets : 0, samples: [] };
		const none = slot === 0 ? effect : { ...effect, kinds: noEffect.kinds };
		const { fromMs, toMs } = piece;
		const rows = Math.round(weightOf(weights, piece));
		return { fromMs, toMs, effect: none, hash: sliceHash(groups), rows };
	});
}
