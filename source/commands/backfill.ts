import { ActionError } from '../actions/action-error.ts';
import { runBackfill } from '../actions/backfill.ts';
import {
	type BackfillPlan,
	type BackfillWish,
	planBackfill,
	refuseAbandoning,
} from '../actions/backfill-plan.ts';
import { backfillLines } from '../actions/describe.ts';
import { leftBehind } from '../actions/ledger.ts';
import type { ActionContext, Workplace } from '../actions/workplace.ts';
import { countFlag, defaultTimeoutMs, engineFlag, spanFlag } from './action-flags.ts';
import { runAction } from './action-run.ts';
import type { CommandContext, Flags } from './command.ts';

/** `tidemark backfill`: walks all usage and stamps the watermark. */
export async function backfill(command: CommandContext): Promise<number> {
	const { flags } = command;
	const wish = wishOf(flags);
	return runAction<BackfillPlan>(command, {
		action: 'backfill',
		sleepMs: wish.sleepMs,
		// A second backfill waits for the first.
		waitMs: Number.POSITIVE_INFINITY,
		title: ({ pipeline }) => `Backfill ${pipeline.name}`,
		plan: (place, context) =>
			planBackfill(context, place, flags.resume === true ? resumed(wish, context, place) : wish),
		lines: (_, plan) => backfillLines(plan),
		json: ({ weights: _, ...plan }) => plan,
		refuse: (_, plan) => (flags.dryRun === true ? undefined : refusal(plan)),
		rung: (name, { abandoned }) =>
			abandoned ? { kind: 'name-and-rows', name, rows: abandoned.rows } : { kind: 'name', name },
		run: (context, place, plan) => runBackfill(context, place, plan),
	});
}

function wishOf(flags: Flags): BackfillWish {
	return {
		engine: engineFlag(flags),
		monthsBack: countFlag(flags, 'monthsBack', '--months-back'),
		isPartialForced: flags.forcePartial === true,
		isByMonth: flags.byMonth === true,
		sleepMs: spanFlag(flags, 'sleepBetweenSlices', '--sleep-between-slices', 0),
		statementTimeoutMs: spanFlag(flags, 'timeout', '--timeout', defaultTimeoutMs),
		finished: [],
	};
}

/** What the last run left, as it was asked for then. */
function resumed(wish: BackfillWish, context: ActionContext, place: Workplace): BackfillWish {
	const { pipeline, facts } = place;
	const run = leftBehind(context, pipeline.name, 'backfill').at(-1);
	if (run === undefined) {
		throw new ActionError('refused', `There is no unfinished backfill of ${pipeline.name} here.`);
	}
	if (run.identity !== facts.identity) {
		throw new ActionError(
			'refused',
			`${pipeline.table} was emptied, rewritten or restored since the unfinished backfill: begin anew, without --resume.`,
		);
	}
	const { what } = run;
	return {
		...wish,
		engine: what.engine === 'direct' ? 'direct' : wish.engine,
		monthsBack: typeof what.monthsBack === 'number' ? what.monthsBack : wish.monthsBack,
		isPartialForced: wish.isPartialForced || what.forcePartial === true,
		isByMonth: wish.isByMonth || what.byMonth === true,
		finished: run.slices,
	};
}

function refusal(plan: BackfillPlan): string | undefined {
	try {
		refuseAbandoning(plan);
		return undefined;
	} catch (error) {
		return (error as Error).message;
	}
}
