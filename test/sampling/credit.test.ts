import { describe, expect, test } from 'vitest';
import { earned, spent } from '../../source/sampling/credit.ts';
import { fc } from '../support/properties.ts';

const allowance = { share: 0.02, mostMs: 50 };
const none = { ms: 0, atMs: 0 };

describe('the credit', () => {
	test('is a share of one processor, never saved up for a burst, and owed when overdrawn', () => {
		const later = earned(none, 1000, allowance);
		expect(later.ms).toBe(20);
		expect(earned(later, 3_600_000, allowance).ms).toBeLessThanOrEqual(50);
		const owing = spent(later, 520);
		expect(earned(owing, 25_000, allowance).ms).toBeLessThan(0);
		expect(earned(owing, 27_000, allowance).ms).toBeGreaterThan(0);
	});

	test('over any stretch of time no more is begun than was earned', () => {
		const steps = fc.array(
			fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 900 })),
		);
		fc.assert(
			fc.property(steps, (list) => {
				let credit = none;
				let [nowMs, total, last] = [0, 0, 0];
				for (const [waitMs, costMs] of list) {
					nowMs += waitMs;
					credit = earned(credit, nowMs, allowance);
					if (credit.ms <= 0) continue;
					credit = spent(credit, costMs);
					total += costMs;
					last = costMs;
				}
				expect(total - last).toBeLessThanOrEqual(0.02 * nowMs + 1e-6);
			}),
		);
	});
});
