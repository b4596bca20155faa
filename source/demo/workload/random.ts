/** Random numbers that a seed repeats. */
export interface Random {
	/** From 0 up to 1. */
	next(): number;
	/** A whole number from 0 up to `end`, `end` excluded. */
	below(end: number): number;
	/** Whether something of this probability happens. */
	chance(probability: number): boolean;
	/** How often something happens that happens `mean` times on average (Poisson, by Knuth). */
	count(mean: number): number;
}

/** The generator mulberry32: 32 bits of state are plenty for a demo, and need no library. */
export function createRandom(seed: number): Random {
	let state = seed >>> 0;
	function next(): number {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	}
	return {
		next,
		below: (end) => Math.floor(next() * end),
		chance: (probability) => next() < probability,
		count(mean) {
			const limit = Math.exp(-mean);
			let product = next();
			let events = 0;
			for (; product > limit; product *= next()) events++;
			return events;
		},
	};
}
