/** Two readings of clocks differ by less than this for no reason, in ms. */
const toleranceMs = 50;

/**
 * This machine's clock, in ms since the epoch, that is never set back: what was to happen in a minute
 * would happen in an hour, and ages would be negative. Where the clock is set back this one goes on as
 * if it had not been. It follows where the clock jumps ahead: that is also what sleep looks like, and
 * an age that is too high until the next answer is better than one that is too low.
 * @param wall the clock that may be set
 * @param elapsed ms since some moment, by a clock that nobody sets but that may stand still in sleep
 */
export function createSteadyClock(
	wall: () => number = () => Date.now(),
	elapsed: () => number = () => performance.now(),
): () => number {
	let aheadMs = 0;
	let last = { wall: wall(), elapsed: elapsed() };
	return () => {
		const now = { wall: wall(), elapsed: elapsed() };
		const lackMs = now.elapsed - last.elapsed - (now.wall - last.wall);
		if (lackMs > toleranceMs) aheadMs += lackMs;
		last = now;
		return now.wall + aheadMs;
	};
}
