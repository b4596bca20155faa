import type { ActionName } from '../availability.ts';
import type { Rung } from '../confirm.ts';
import type { Performed } from '../perform.ts';
import type { Receipt } from '../receipts.ts';
import type { ActionContext, Workplace } from '../workplace.ts';

/** One action as whoever offers it runs it: look, show, ask, do. */
export type ActionSpec<Plan> = {
	readonly action: ActionName;
	/** What happens, for the question, such as `Tick hourly`. */
	title(place: Pick<Workplace, 'pipeline'>): string;
	/** Looks; reads only. */
	plan(place: Workplace, context: ActionContext): Promise<Plan>;
	/** The plan as text. */
	lines(place: Workplace, plan: Plan): readonly string[];
	/** The plan as JSON. */
	json(plan: Plan): unknown;
	/** Why it must not be done as planned; undefined: it may. */
	refuse?(place: Workplace, plan: Plan): string | undefined;
	/** In words why nothing would be done; undefined: something would. */
	idle?(plan: Plan): string | undefined;
	/** What was asked for: with nothing to do, an earlier run that was left on it is made up for. */
	asked?(plan: Plan): Receipt['what'];
	/** What has to be done to confirm it. */
	rung(where: string, plan: Plan): Rung;
	/** Does it. */
	run(context: ActionContext, place: Workplace, plan: Plan): Promise<Performed>;
	/** How well it ended, for a run that got through; default: well. */
	isWell?(performed: Performed): boolean;
	/** For how long others are waited for, unless somebody says otherwise. */
	readonly waitMs: number;
	/** The rest between two slices. */
	sleepMs(plan: Plan): number;
};

/** A statement of an action may take this long unless somebody says otherwise. */
export const defaultTimeoutMs = 10 * 60_000;

/** How long others are waited for; a second backfill waits for as long as it takes. */
export const defaultWaitMs = 10_000;
