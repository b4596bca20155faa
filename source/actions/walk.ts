import { setTimeout as pause } from 'node:timers/promises';
import { hasSqlstate, sqlstates } from '../errors.ts';
import { sanitise } from '../lib/text.ts';
import { ActionError } from './action-error.ts';
import type { Control } from './control.ts';
import { actionLock, holdsLock, pipelineLock, releaseLock, takeLock } from './locks.ts';
import type { Pipeline } from './pipelines.ts';
import type { OnEvent } from './progress.ts';
import type { ActionSession, Query, TransactionOptions } from './session.ts';
import { isCanceled } from './session.ts';
import type { Interval } from './times.ts';
import { makeWay, noteUnseenReplicas } from './yielding.ts';

/** A slice with what is known of it beforehand. */
export type Slice = Interval & {
	/** Usage rows in it, as far as known. */
	readonly rows: number;
	readonly predictedMs: number;
};

/** What a slice has done. */
export type SliceResult = { readonly touched: number };

/** A walk: slices one after the other, each one transaction, under the pipeline's lock. */
export type Walk = {
	readonly session: ActionSession;
	readonly pipeline: Pipeline;
	readonly transaction: TransactionOptions;
	/** How long to wait for the lock when others have it. */
	readonly waitMs: number;
	readonly sleepMs: number;
	readonly control: Control;
	readonly signal: AbortSignal;
	readonly onEvent: OnEvent;
	/** Done once under the lock, before the first slice. */
	prepare?(): Promise<void>;
	/** The slice to do next, the same until it is done; undefined: there is none left. */
	next(): Slice | undefined | Promise<Slice | undefined>;
	/** Does a slice inside its transaction. */
	run(slice: Slice, query: Query): Promise<SliceResult>;
	/** Hears that a slice is committed. */
	done?(slice: Slice, result: SliceResult, tookMs: number): void;
	/** Makes the slice smaller after the server cancelled it for its length; false: it can't. */
	shrink?(slice: Slice): boolean;
};

/** Runs `work` as the only action on a pipeline, with the pipeline's own lock held too. */
export async function underLock<T>(
	{
		session,
		pipeline,
		waitMs,
		signal,
		onEvent,
	}: Pick<Walk, 'session' | 'pipeline' | 'waitMs' | 'signal' | 'onEvent'>,
	work: () => Promise<T>,
): Promise<T> {
	const options = {
		waitMs,
		signal,
		onBusy: (users: Parameters<NonNullable<Parameters<typeof takeLock>[2]['onBusy']>>[0]) =>
			onEvent({ kind: 'busy', users }),
	};
	await takeLock(session, actionLock(pipeline), options);
	await takeLock(session, pipelineLock(pipeline), options);
	onEvent({ kind: 'locked', atMs: performance.now() });
	try {
		return await work();
	} finally {
		if (!session.isLost) {
			await releaseLock(session, pipelineLock(pipeline)).catch(() => {});
			await releaseLock(session, actionLock(pipeline)).catch(() => {});
		}
		onEvent({ kind: 'unlocked', atMs: performance.now() });
	}
}

/** Walks. @throws what a slice threw; the signal's reason, or that the connection was lost, between two */
export async function walkSlices(walk: Walk): Promise<void> {
	await underLock(walk, async () => {
		await noteUnseenReplicas(walk);
		await walk.prepare?.();
		for (let isFirst = true; ; isFirst = false) {
			const slice = await walk.next();
			if (slice === undefined) return;
			if (!isFirst) await rest(walk, slice);
			await runSlice(walk, slice);
		}
	});
}

/** Between two slices: sleep if asked to, then look whether somebody should go first. */
async function rest(walk: Walk, next: Slice): Promise<void> {
	const signal = AbortSignal.any([walk.signal, walk.session.lost]);
	// What it is aborted with is thrown below.
	if (walk.sleepMs > 0) await pause(walk.sleepMs, undefined, { signal }).catch(() => {});
	signal.throwIfAborted();
	await makeWay(walk, next.predictedMs);
}

/** How often is tried what others got in the way of. */
const maxAttempts = 4;

/** Tries again what was rolled back because others got in the way. @throws what else, or the last, went wrong */
export async function retried<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
	for (let attempt = 1; ; attempt++) {
		try {
			return await work();
		} catch (error) {
			if (attempt === maxAttempts || !hasSqlstate(error, sqlstates.retryable)) throw error;
			signal.throwIfAborted();
		}
	}
}

async function runSlice(walk: Walk, slice: Slice): Promise<void> {
	const { session, onEvent, signal } = walk;
	for (let attempt = 1; ; attempt++) {
		onEvent({ kind: 'slice-started', slice, rows: slice.rows });
		const startedAt = performance.now();
		try {
			const result = await session.transaction(
				walk.transaction,
				async (query) => {
					const done = await walk.run(slice, query);
					// What it took away with it must not be committed: another may have begun.
					if (!(await holdsLock(query, pipelineLock(walk.pipeline)))) throw lockLost(walk.pipeline);
					return done;
				},
				signal,
			);
			const tookMs = performance.now() - startedAt;
			walk.done?.(slice, result, tookMs);
			onEvent({ kind: 'slice-done', slice, rows: slice.rows, touched: result.touched, tookMs });
			return;
		} catch (error) {
			if (error instanceof ActionError) throw error;
			signal.throwIfAborted();
			const reason = sanitise(error);
			if (isCanceled(error) && walk.shrink?.(slice)) {
				onEvent({ kind: 'slice-retried', slice, reason: `${reason}: trying a smaller slice` });
				return;
			}
			if (attempt === maxAttempts || !hasSqlstate(error, sqlstates.retryable)) throw error;
			onEvent({ kind: 'slice-retried', slice, reason });
		}
	}
}

const lockLost = ({ name, lockKey }: Pipeline) =>
	new ActionError(
		'failed',
		`Lock ${lockKey} of the ${name} rollup is gone though nobody here gave it back: the slice in hand was rolled back.`,
	);
