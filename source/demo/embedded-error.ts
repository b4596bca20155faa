/** Why an embedded server could not be had; the message says what to do about it. */
export type EmbeddedFailure = 'missing' | 'unsupported' | 'unreachable' | 'in-use' | 'failed';

/** Raised by everything that sets up, starts or stops the embedded Postgres. */
export class EmbeddedError extends Error {
	override readonly name = 'EmbeddedError';
	readonly failure: EmbeddedFailure;

	constructor(failure: EmbeddedFailure, message: string, options?: ErrorOptions) {
		super(message, options);
		this.failure = failure;
	}
}
