import { expect, test } from 'vitest';
import { createRandom } from '../../source/demo/workload/random.ts';

const draws = (seed: number) => {
	const random = createRandom(seed);
	return Array.from({ length: 5 }, () => random.below(1000));
};

test('a seed repeats its numbers, another has others', () => {
	expect(draws(7)).toEqual(draws(7));
	expect(draws(7)).not.toEqual(draws(8));
});

test('counts have the mean that was asked for', () => {
	const random = createRandom(1);
	const counts = Array.from({ length: 4000 }, () => random.count(2.5));
	expect(counts.reduce((sum, count) => sum + count, 0) / counts.length).toBeCloseTo(2.5, 0);
	expect(random.count(0)).toBe(0);
});
