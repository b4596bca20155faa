import { slowestMs } from './cadence.ts';

/** A refresh takes a server that is well a few dozen ms, by its own clock. */
const troubleMs = 250;

/** In trouble, a refresh is followed by this many times what it took. */
const rest = 4;

/**
 * How long from one refresh to the next, in ms. A server in trouble takes long for each; then it is
 * asked less often, so that watching never has more than a fifth of its time.
 * @param serverMs what a refresh takes the server
 */
export const pacedMs = (intervalMs: number, serverMs: number): number =>
	serverMs < troubleMs
		? intervalMs
		: Math.max(intervalMs, Math.min(slowestMs, Math.round(serverMs * (1 + rest))));
