import { describe, expect, it } from 'vitest';
import { failed, type Reading, rowsOf, succeeded } from '../../source/sampling/reading.ts';

const cost = { serverMs: 1 };
const pending: Reading = { kind: 'pending' };
const first = succeeded(pending, [{ a: 1 }, { a: 2 }], 1000, cost);
const failure = { sentence: 'cancelled', sqlstate: '57014' };

describe('a reading', () => {
	it('is empty, not ok, when a run gave no rows', () => {
		expect(succeeded(pending, [], 1000, cost)).toEqual({ kind: 'empty', at: 1000, cost });
	});

	it('shares the rows that did not change with the one before', () => {
		const second = succeeded(first, [{ a: 1 }, { a: 3 }], 2000, cost);
		const [rows, before] = [rowsOf(second), rowsOf(first)];
		expect(rows).toEqual([{ a: 1 }, { a: 3 }]);
		expect(rows?.[0]).toBe(before?.[0]);
		const third = succeeded(second, [{ a: 1 }, { a: 3 }], 3000, cost);
		expect(rowsOf(third)).toBe(rows);
		expect(third).toMatchObject({ at: 3000 });
	});

	it('does not take a shorter result for the same', () => {
		expect(rowsOf(succeeded(first, [{ a: 1 }], 2000, cost))).toEqual([{ a: 1 }]);
	});

	it('keeps its rows and their age through failures, and counts these', () => {
		const once = failed(first, failure);
		const twice = failed(once, failure);
		expect(twice).toMatchObject({ kind: 'stale', at: 1000, failures: 2, failure });
		expect(rowsOf(twice)).toBe(rowsOf(first));
	});

	it('stays unknown when it never had rows', () => {
		const twice = failed(failed(pending, failure), failure);
		expect(twice).toEqual({ kind: 'failed', failure, failures: 2 });
		expect(rowsOf(twice)).toBeUndefined();
	});
});
