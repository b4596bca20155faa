import { type ErrorDetails, sqlstateOf, TidemarkError } from '../errors.ts';
import { sanitise } from '../lib/text.ts';

/** How an action that did not get through left things. */
export type Outcome =
	/** Nothing was done: busy, not allowed, not confirmed, the plan no longer holds. */
	| 'refused'
	/** It failed; what was in hand was rolled back. */
	| 'failed'
	/** It was told to stop, or lost its connection: what is finished stays, the rest can be resumed. */
	| 'stopped'
	/** It cannot be known whether the last transaction was committed. */
	| 'unknown';

/** An action that did not get through, in one sentence that says what to do. */
export class ActionError extends TidemarkError {
	readonly outcome: Outcome;
	/** What to type after `tidemark` to go on. */
	readonly resume: string | undefined;

	constructor(
		outcome: Outcome,
		message: string,
		details: ErrorDetails & { readonly resume?: string | undefined } = {},
	) {
		super('action', message, details);
		this.outcome = outcome;
		this.resume = details.resume;
	}
}

/** Nothing was done, and why. */
export const refused = (message: string, details: ErrorDetails = {}): ActionError =>
	new ActionError('refused', message, details);

/**
 * What ended a look, or anything else before the deed, in words. An error that neither a wish to stop nor
 * the server explains stays what it is.
 */
export function asUndone(error: unknown, signal: AbortSignal): unknown {
	if (error instanceof TidemarkError) return error;
	if (signal.aborted) return refused('Stopped: nothing was done.', { cause: error });
	if (sqlstateOf(error) === undefined) return error;
	const said = sanitise(error).replace(/\.$/, '');
	return new ActionError('failed', `It failed, and nothing was done: ${said}.`, { cause: error });
}
