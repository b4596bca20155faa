import { TidemarkError } from '../errors.ts';

/** Why an embedded server could not be had. */
export type EmbeddedReason = 'missing' | 'unsupported' | 'unreachable' | 'in-use' | 'failed';

/**
 * Raised by everything that sets up, starts or stops the embedded Postgres; the message says what to
 * do about it.
 */
export class EmbeddedError extends TidemarkError {
	readonly reason: EmbeddedReason;

	constructor(reason: EmbeddedReason, message: string, options?: ErrorOptions) {
		super('connect', message, options);
		this.reason = reason;
	}
}
