import { replayLines } from '../describe.ts';
import type { EngineName } from '../engine.ts';
import { extentOptions, readExtent } from '../extent.ts';
import { askedOf, type ReplayOptions, runReplay } from '../replay.ts';
import { planReplay, type ReplayBy, type ReplayPlan } from '../replay-plan.ts';
import type { Interval } from '../times.ts';
import { type ActionSpec, defaultWaitMs } from './spec.ts';

/** What is to be replayed, and how. */
export type ReplayRequest = ReplayOptions & {
	/** The span by the database's clock; `endMs` is where the last bucket ends that nobody fills any more. */
	readonly span: (nowMs: number, endMs: number) => Interval;
	readonly by: ReplayBy;
	readonly engine: EngineName;
};

/** Recomputes a span, after showing what that changes. */
export const replaySpec = (request: ReplayRequest): ActionSpec<ReplayPlan> => ({
	action: 'replay',
	waitMs: defaultWaitMs,
	sleepMs: () => request.sleepMs,
	title: ({ pipeline }) => `Replay ${pipeline.name}`,
	async plan(place, { signal }) {
		const { session, shape, pipeline } = place;
		const { nowMs, settledMs } = await session.transaction(
			extentOptions,
			(query) => readExtent(query, shape),
			signal,
		);
		const endMs = Math.floor(settledMs / pipeline.bucketMs) * pipeline.bucketMs;
		const { by, engine } = request;
		return planReplay(place, { span: request.span(nowMs, endMs), by, engine }, signal);
	},
	lines: (_, plan) => replayLines(plan),
	json: (plan) => plan,
	idle: ({ effect, wish }) =>
		effect.groups.length === 0 && wish.by === 'bucket'
			? 'Nothing to do: every bucket is what raw says.'
			: undefined,
	asked: askedOf,
	rung: (name) => ({ kind: 'name', name }),
	run: (context, place, plan) => runReplay(context, place, plan, request),
});
