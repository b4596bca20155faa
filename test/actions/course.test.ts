import { describe, expect, test } from 'vitest';
import { isBusy, restAfter } from '../../source/actions/proving/budget.ts';
import {
	afterStep,
	beginRound,
	type Course,
	isRoundDue,
	nextStep,
	proofOf,
	recheckMs,
	roundMs,
} from '../../source/actions/proving/course.ts';
import { fc } from '../support/properties.ts';

const hour = 3_600_000;
const right = { drift: 0, ghosts: 0 };

/** Steps until there is nothing left to do; `wrong` are the hours in which a bucket drifted. */
function walk(course: Course, limitMs: number, nowMs: number, wrong: ReadonlySet<number>): Course {
	let at = course;
	for (let slice = nextStep(at, limitMs, nowMs); slice; slice = nextStep(at, limitMs, nowMs)) {
		const found = wrong.has(slice.fromMs / hour) ? { drift: 1, ghosts: 0 } : right;
		at = afterStep(at, slice, found, limitMs, nowMs);
	}
	return at;
}

const begin = (oldest: number, limit: number, before?: Course, nowMs = limit * hour) =>
	beginRound(before, { stepMs: hour, oldestMs: oldest * hour, limitMs: limit * hour, nowMs });

describe('a round', () => {
	test('goes back from the newest whole hour to the oldest, and proves what it has passed', () => {
		let course = beginRound(undefined, {
			stepMs: hour,
			oldestMs: 10.5 * hour,
			limitMs: 13.25 * hour,
			nowMs: 0,
		});
		expect(proofOf(course, undefined)).toMatchObject({ fromMs: undefined, isWhole: false });
		const seen: number[] = [];
		for (;;) {
			const slice = nextStep(course, 13.25 * hour, 0);
			if (!slice) break;
			seen.push(slice.fromMs / hour);
			course = afterStep(course, slice, right, 0, 0);
			expect(proofOf(course, undefined).fromMs).toBe(slice.fromMs);
		}
		expect(seen).toEqual([12, 11, 10]);
		expect(proofOf(course, undefined)).toMatchObject({
			fromMs: 10 * hour,
			toMs: 13 * hour,
			isWhole: true,
		});
	});

	test('takes what has become whole meanwhile first', () => {
		const course = afterStep(begin(0, 10), { fromMs: 9 * hour, toMs: 10 * hour }, right, 0, 0);
		expect(nextStep(course, 10.9 * hour, 0)).toEqual({ fromMs: 8 * hour, toMs: 9 * hour });
		const front = nextStep(course, 11 * hour, 0);
		expect(front).toEqual({ fromMs: 10 * hour, toMs: 11 * hour });
		const after = afterStep(course, front as NonNullable<typeof front>, right, 0, 0);
		expect(proofOf(after, undefined)).toMatchObject({ fromMs: 9 * hour, toMs: 11 * hour });
	});

	test('is begun again a while after it is done, and what was whole stays so meanwhile', () => {
		const done = walk(begin(0, 5), 5 * hour, 5 * hour, new Set());
		expect(isRoundDue(done, 5 * hour + roundMs - 1)).toBe(false);
		expect(isRoundDue(done, 5 * hour + roundMs)).toBe(true);
		const again = begin(0, 6, done, 6 * hour);
		expect(proofOf(again, undefined)).toMatchObject({
			fromMs: 0,
			toMs: 6 * hour,
			isWhole: true,
			sinceMs: 5 * hour,
		});
	});

	test('proves no further than to the newest bucket that is wrong, whatever is where', () => {
		const hours = fc.uniqueArray(fc.integer({ min: 0, max: 29 }));
		fc.assert(
			fc.property(hours, (list) => {
				const wrong = new Set(list);
				const proof = proofOf(walk(begin(0, 30), 30 * hour, 0, wrong), undefined);
				const newest = Math.max(-1, ...list);
				expect(proof.fromMs).toBe(newest === 29 ? undefined : (newest + 1) * hour);
				expect(proof).toMatchObject({ drift: wrong.size, confirmed: 0 });
				expect(proof.newestWrongMs).toBe(newest < 0 ? undefined : newest * hour);
			}),
		);
	});
});

describe('a wrong slice', () => {
	const once = walk(begin(0, 5), 5 * hour, 0, new Set([3]));

	test('is looked at again after a while, and only then counts as certain', () => {
		expect(proofOf(once, undefined)).toMatchObject({ drift: 1, confirmed: 0, fromMs: 4 * hour });
		expect(nextStep(once, 5 * hour, recheckMs - 1)).toBeUndefined();
		const again = nextStep(once, 5 * hour, recheckMs);
		expect(again).toEqual({ fromMs: 3 * hour, toMs: 4 * hour });
		// A tick has been at work since.
		expect(nextStep(once, 5 * hour + 1, 1)).toEqual(again);
		const twice = afterStep(
			once,
			again as NonNullable<typeof again>,
			{ drift: 1, ghosts: 0 },
			5 * hour,
			recheckMs,
		);
		expect(proofOf(twice, undefined)).toMatchObject({ drift: 1, confirmed: 1 });
	});

	test('that was mended is right, and all is proven', () => {
		const mended = walk(once, 5 * hour, recheckMs, new Set());
		expect(proofOf(mended, undefined)).toMatchObject({
			fromMs: 0,
			drift: 0,
			newestWrongMs: undefined,
		});
	});

	test('does not keep the walk from getting on', () => {
		let course = begin(0, 50);
		const passed: number[] = [];
		for (let nowMs = 0; passed.length < 60; nowMs += recheckMs) {
			const slice = nextStep(course, 50 * hour, nowMs);
			if (!slice) break;
			passed.push(slice.fromMs / hour);
			course = afterStep(course, slice, { drift: 1, ghosts: 1 }, 50 * hour, nowMs);
		}
		expect(new Set(passed).size).toBeGreaterThan(25);
	});
});

describe('the limits', () => {
	test('a pipeline that was refused is left alone longer each time, up to ten minutes', () => {
		const rests = [0, 1, 2, 3, 4, 5, 6].reduce<number[]>(
			(list) => [...list, restAfter(list.at(-1) ?? 0)],
			[],
		);
		expect(rests.map((ms) => ms / 1000)).toEqual([30, 60, 120, 240, 480, 600, 600]);
	});

	test('a server that answers far more slowly than usual is busy', () => {
		const usual = Array.from({ length: 30 }, (_, n) => 20 + (n % 5));
		expect(isBusy([])).toBe(false);
		expect(isBusy([900])).toBe(false);
		expect(isBusy([...usual, 60])).toBe(false);
		expect(isBusy([...usual, 140])).toBe(true);
		// Four times of next to nothing is next to nothing.
		expect(isBusy([1, 1, 1, 9])).toBe(false);
	});
});
