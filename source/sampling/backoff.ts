/** The first pause after a lost connection, and the longest ever, in ms. */
export const firstPauseMs = 1000;
export const longestPauseMs = 30_000;

/**
 * How long to wait before try number `attempt + 1`: doubles up to 30 s, for ever. Half of it is
 * random, so that many consoles don't all return to a server that just came up at the same moment.
 * @param random in [0, 1)
 */
export function pauseMs(attempt: number, random: number): number {
	const ceiling = Math.min(firstPauseMs * 2 ** Math.min(attempt - 1, 16), longestPauseMs);
	return ceiling / 2 + (random * ceiling) / 2;
}
