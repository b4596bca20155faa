import { TidemarkError } from '../errors.ts';
import type { Target } from '../postgres/target-type.ts';
import { asUndone, refused } from './action-error.ts';
import { type ActionName, type Policy, whyNot } from './availability.ts';
import type { Control } from './control.ts';
import { type Facts, isPresent, readFacts, shapeOf } from './facts.ts';
import { type Pipeline, pipelineNamed, pipelineNames, pipelines } from './pipelines.ts';
import type { OnEvent } from './progress.ts';
import { ActionSession } from './session.ts';
import type { Shape } from './shape.ts';

/** What an action runs with, whoever started it. */
export type ActionContext = {
	readonly target: Target;
	/** What the user calls the target: the name that is typed to confirm. Sanitised. */
	readonly where: string;
	/** The folder of receipts and ledgers. */
	readonly folder: string;
	readonly policy: Policy;
	/** How long to wait for a lock that others have. */
	readonly waitMs: number;
	readonly control: Control;
	readonly signal: AbortSignal;
	readonly onEvent: OnEvent;
};

/** A connection, and the pipeline that is acted on. */
export type Workplace = {
	readonly session: ActionSession;
	readonly pipeline: Pipeline;
	readonly facts: Facts;
	readonly shape: Shape;
};

/**
 * Opens a connection, runs `work` with it and closes it: nothing of an action stays open.
 * @param name the pipeline; undefined: the first that is here
 * @throws TidemarkError of kind `config` for an unknown name, `connect`; an ActionError `refused` with
 * the reason where the action can't be had here; what the server said, or that it was stopped, as an
 * ActionError too
 */
export async function atPipeline<T>(
	context: ActionContext,
	action: ActionName,
	name: string | undefined,
	work: (place: Workplace) => Promise<T>,
): Promise<T> {
	const named = name === undefined ? undefined : pipelineOrThrow(name);
	let session: ActionSession | undefined;
	try {
		session = await ActionSession.open(context.target, context.signal);
		const { pipeline, facts } = await choose(session, named);
		const reason = whyNot(action, facts, pipeline, context.policy);
		if (reason !== undefined) throw refused(`No ${action} here: ${reason}.`);
		return await work({ session, pipeline, facts, shape: shapeOf(facts, pipeline) });
	} catch (error) {
		throw asUndone(error, context.signal);
	} finally {
		await session?.close();
	}
}

/** @throws TidemarkError of kind `config` */
export function pipelineOrThrow(name: string): Pipeline {
	const pipeline = pipelineNamed(name);
	if (pipeline) return pipeline;
	const known = pipelineNames.join(', ');
	throw new TidemarkError('config', `--pipeline is one of ${known}; it is "${name.slice(0, 40)}"`);
}

async function choose(session: ActionSession, named: Pipeline | undefined) {
	const candidates = named ? [named] : pipelineNames.map((each) => pipelines[each]);
	const found: { readonly pipeline: Pipeline; readonly facts: Facts }[] = [];
	for (const pipeline of candidates) {
		const facts = await readFacts(session.query, pipeline);
		if (isPresent(facts, pipeline)) return { pipeline, facts };
		found.push({ pipeline, facts });
	}
	return found[0] as { readonly pipeline: Pipeline; readonly facts: Facts };
}
