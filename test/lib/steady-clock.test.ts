import { expect, it } from 'vitest';
import { createSteadyClock } from '../../source/lib/steady-clock.ts';

const hourMs = 3_600_000;

/** A steady clock over two that are moved by hand. */
function moved() {
	const hands = { wall: 1_000_000_000_000, elapsed: 0 };
	const now = createSteadyClock(
		() => hands.wall,
		() => hands.elapsed,
	);
	const started = now();
	return {
		/** What the steady clock says since its start. */
		since: () => now() - started,
		pass(wallMs: number, elapsedMs = wallMs) {
			hands.wall += wallMs;
			hands.elapsed += elapsedMs;
		},
	};
}

it('is the clock of the machine while nobody sets that', () => {
	const { since, pass } = moved();
	for (let round = 0; round < 1000; round++) {
		// Rounded to the ms, one may be a little behind the other at any time.
		pass(100, 100.4);
		pass(100, 99.6);
	}
	expect(since()).toBe(200_000);
});

it('goes on where that is set back, once or again and again', () => {
	const { since, pass } = moved();
	pass(2000);
	expect(since()).toBe(2000);
	pass(-hourMs, 1000);
	expect(since()).toBe(3000);
	pass(-hourMs, 1000);
	pass(5000);
	expect(since()).toBe(9000);
});

it('follows where that is set ahead, or both woke from sleep', () => {
	const { since, pass } = moved();
	pass(8 * hourMs, 10);
	expect(since()).toBe(8 * hourMs);
	pass(1000);
	expect(since()).toBe(8 * hourMs + 1000);
});
