import type { ActionName } from '../availability.ts';
import type { DeskSettings } from '../desk-state.ts';
import { backfillSpec, plainBackfill } from './backfill.ts';
import { defaultRetentionMs, pruneSpec } from './prune.ts';
import { repairSpec } from './repair.ts';
import { replaySpec } from './replay.ts';
import { lastMs } from './span.ts';
import { type ActionSpec, defaultTimeoutMs } from './spec.ts';
import { tickSpec } from './tick.ts';

/** An action as the console offers it; verify, which changes nothing, has no plan. */
export function specFor(
	action: Exclude<ActionName, 'verify'>,
	{ spanMs, engine }: DeskSettings,
): ActionSpec<unknown> {
	switch (action) {
		case 'tick':
			return untyped(tickSpec(defaultTimeoutMs));
		case 'replay':
			return untyped(
				replaySpec({
					// A plan for the bucket that is being filled would not hold until it is confirmed.
					span: (nowMs, endMs) => lastMs(spanMs)(nowMs, endMs > nowMs - spanMs ? endMs : nowMs),
					by: 'bucket',
					engine,
					statementTimeoutMs: defaultTimeoutMs,
					sleepMs: 0,
				}),
			);
		case 'repair':
			return untyped(repairSpec(lastMs(spanMs), defaultTimeoutMs));
		case 'backfill':
			return untyped(backfillSpec({ ...plainBackfill, engine }, false));
		case 'prune':
			return untyped(pruneSpec(defaultRetentionMs, defaultTimeoutMs));
	}
}

/** A plan only ever goes back to the spec that made it. */
const untyped = <Plan>(spec: ActionSpec<Plan>): ActionSpec<unknown> =>
	spec as unknown as ActionSpec<unknown>;
