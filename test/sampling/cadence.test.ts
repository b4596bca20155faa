import { expect, it } from 'vitest';
import { pauseMs } from '../../source/sampling/backoff.ts';
import { afterFailure, afterSuccess, fresh, isDue } from '../../source/sampling/cadence.ts';
import { pacedMs } from '../../source/sampling/pace.ts';
import { fc } from '../support/properties.ts';

it('asks a new sampler at once, one without a cadence at every refresh, another at its own', () => {
	expect(isDue(fresh, 0)).toBe(true);
	expect(isDue(afterSuccess(1000, undefined), 1001)).toBe(true);
	expect(isDue(afterSuccess(1000, 60_000), 60_999)).toBe(false);
	expect(isDue(afterSuccess(1000, 60_000), 61_000)).toBe(true);
});

it('asks one that fails half as often each time, down to once a minute, and never gives it up', () => {
	let cadence = fresh;
	const pauses: number[] = [];
	for (let count = 0; count < 40; count += 1) {
		cadence = afterFailure(cadence, 0, 2000, undefined);
		pauses.push(cadence.dueAt);
	}
	expect(pauses.slice(0, 6)).toEqual([4000, 8000, 16_000, 32_000, 60_000, 60_000]);
	expect(pauses.at(-1)).toBe(60_000);
	expect(afterFailure(fresh, 0, 2000, 300_000).dueAt).toBe(300_000);
});

it('waits before a try at a lost connection: doubling, half of it by chance, 30 s at most, for ever', () => {
	expect([1, 2, 3, 4].map((attempt) => pauseMs(attempt, 0))).toEqual([500, 1000, 2000, 4000]);
	fc.assert(
		fc.property(
			fc.integer({ min: 1, max: 1e9 }),
			fc.double({ min: 0, max: 0.999, noNaN: true }),
			(n, random) => {
				const pause = pauseMs(n, random);
				expect(pause).toBeGreaterThanOrEqual(500);
				expect(pause).toBeLessThan(30_000);
				if (n > 6) expect(pause).toBeGreaterThanOrEqual(15_000);
			},
		),
	);
});

it('takes a server in trouble no more than a fifth of its time, and asks it once a minute at least', () => {
	expect(pacedMs(2000, 40)).toBe(2000);
	expect(pacedMs(2000, 390)).toBe(2000);
	expect(pacedMs(2000, 1000)).toBe(5000);
	expect(pacedMs(2000, 30_000)).toBe(60_000);
	// What was asked for is never made shorter, and a server that is well is asked as often as asked for.
	expect(pacedMs(300_000, 30_000)).toBe(300_000);
	expect(pacedMs(250, 200)).toBe(250);
});
