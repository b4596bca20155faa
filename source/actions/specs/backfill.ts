import { refused } from '../action-error.ts';
import { runBackfill } from '../backfill.ts';
import {
	type BackfillPlan,
	type BackfillWish,
	planBackfill,
	whyAbandoning,
} from '../backfill-plan.ts';
import { backfillLines } from '../describe.ts';
import { leftBehind } from '../ledger.ts';
import type { ActionContext, Workplace } from '../workplace.ts';
import { type ActionSpec, defaultTimeoutMs } from './spec.ts';

/** A backfill as it is when nobody says more. */
export const plainBackfill: BackfillWish = {
	engine: 'function',
	isPartialForced: false,
	isByMonth: false,
	sleepMs: 0,
	statementTimeoutMs: defaultTimeoutMs,
	finished: [],
};

/** What a backfill is asked for; what is undefined, a resumed one keeps. */
type AskedBackfill = Omit<BackfillWish, 'sleepMs'> & { readonly sleepMs: number | undefined };

/** Walks all usage and stamps the watermark. */
export const backfillSpec = (
	asked: AskedBackfill,
	isResumed: boolean,
): ActionSpec<BackfillPlan> => ({
	action: 'backfill',
	// A second backfill waits for the first.
	waitMs: Number.POSITIVE_INFINITY,
	sleepMs: (plan) => plan.wish.sleepMs,
	title: ({ pipeline }) => `Backfill ${pipeline.name}`,
	plan: (place, context) => {
		const sleepMs = asked.sleepMs ?? 0;
		const wish = isResumed ? resumed(asked, context, place) : { ...asked, sleepMs };
		return planBackfill(context, place, wish);
	},
	lines: (_, plan) => backfillLines(plan),
	json: ({ weights: _, ...plan }) => plan,
	refuse: (_, plan) => whyAbandoning(plan),
	rung: (name, { abandoned }) =>
		abandoned
			? { kind: 'name-and-rows', name, rows: abandoned.rows, fate: 'abandoned' }
			: { kind: 'name', name },
	run: (context, place, plan) => runBackfill(context, place, plan),
});

/** What the last run left, as it was asked for then. */
function resumed(wish: AskedBackfill, context: ActionContext, place: Workplace): BackfillWish {
	const { pipeline, facts } = place;
	const run = leftBehind(context, pipeline.name, 'backfill').at(-1);
	if (run === undefined) throw refused(`There is no unfinished backfill of ${pipeline.name} here.`);
	if (run.identity !== facts.identity) {
		throw refused(
			`${pipeline.table} was emptied, rewritten or restored since the unfinished backfill: begin anew, without --resume.`,
		);
	}
	const { what } = run;
	return {
		...wish,
		engine: what.engine === 'direct' ? 'direct' : wish.engine,
		...(typeof what.since === 'string' && { sinceMs: Date.parse(what.since) }),
		isPartialForced: wish.isPartialForced || what.forcePartial === true,
		isByMonth: wish.isByMonth || what.byMonth === true,
		sleepMs: wish.sleepMs ?? Number(what.sleepMs ?? 0),
		finished: run.slices,
	};
}
