import { backfillSpec, plainBackfill } from '../actions/specs/backfill.ts';
import { countFlag, engineFlag, sleepFlag, timeoutFlag } from './action-flags.ts';
import { runAction } from './action-run.ts';
import type { CommandContext } from './command.ts';

/** `tidemark backfill`: walks all usage and stamps the watermark. */
export async function backfill(command: CommandContext): Promise<number> {
	const { flags } = command;
	const wish = {
		...plainBackfill,
		engine: engineFlag(flags),
		monthsBack: countFlag(flags, 'monthsBack', '--months-back'),
		isPartialForced: flags.forcePartial === true,
		isByMonth: flags.byMonth === true,
		sleepMs: flags.sleepBetweenSlices === undefined ? undefined : sleepFlag(flags),
		statementTimeoutMs: timeoutFlag(flags),
	};
	return runAction(command, backfillSpec(wish, flags.resume === true));
}
