import { describe, expect, test } from 'vitest';
import {
	formatAge,
	formatCompactCount,
	formatCount,
	formatDateTime,
	formatGrowth,
	formatHourMinute,
	formatInterval,
	formatMs,
	formatPercent,
	formatPerMinute,
	formatPlural,
	formatTime,
} from '../../source/lib/format.ts';
import { fc } from '../support/properties.ts';

const noon = new Date(2026, 2, 1, 14, 2, 31).getTime();

describe('what a number looks like', () => {
	test.each([
		[formatCount(0), '0'],
		[formatCount(-0), '0'],
		[formatCount(999), '999'],
		[formatCount(1204), '1,204'],
		[formatCount(-1_234_567), '-1,234,567'],
		[formatCount(9_007_199_254_740_993n), '9,007,199,254,740,993'],
		[formatCount(1e22), '10,000,000,000,000,000,000,000'],
		[formatCount(Number.NaN), '–'],
		[formatCompactCount(999), '999'],
		[formatCompactCount(999.6), '1.0k'],
		[formatCompactCount(1204), '1.2k'],
		[formatCompactCount(38_400), '38k'],
		[formatCompactCount(999_960), '1.0M'],
		[formatCompactCount(12_000_000n), '12M'],
		[formatCompactCount(-4321), '-4.3k'],
		[formatCompactCount(Number.POSITIVE_INFINITY), '–'],
		[formatMs(0), '0ms'],
		[formatMs(0.42), '0.4ms'],
		[formatMs(9.4), '9ms'],
		[formatMs(1240), '1.2s'],
		[formatInterval(500), '500ms'],
		[formatInterval(2000), '2s'],
		[formatInterval(2500), '2.5s'],
		[formatInterval(60_000), '1m'],
		[formatInterval(90_000), '1m30s'],
		[formatPercent(0.0021), '0.2%'],
		[formatPercent(0.999), '100%'],
		[formatPercent(0.123), '12%'],
		[formatPercent(Number.NaN), '–'],
		[formatPerMinute(31), '31/m'],
		[formatPerMinute(0.42), '0.4/m'],
		[formatPerMinute(12_345), '12k/m'],
		[formatGrowth(18), '+18/m'],
		[formatGrowth(-3), '-3/m'],
		[formatGrowth(0), '±0/m'],
		[formatPlural(1, 'row'), '1 row'],
		[formatPlural(1204n, 'row'), '1,204 rows'],
	])('%s', (text, expected) => {
		expect(text).toBe(expected);
	});
});

describe('what a time looks like', () => {
	test.each([
		[0, '0s'],
		[-4, '0s'],
		[48.9, '48s'],
		[119, '119s'],
		[120, '2m'],
		[3599, '59m'],
		[3600, '1h00m'],
		[11_520, '3h12m'],
		[172_799, '47h59m'],
		[172_800, '2d0h'],
		[794_000, '9d4h'],
		[56 * 365 * 86_400, '20,440d'],
		[Number.POSITIVE_INFINITY, '∞'],
		[Number.NaN, '–'],
	])('an age of %d s', (seconds, expected) => {
		expect(formatAge(seconds)).toBe(expected);
	});

	test('a moment, in the zone of the terminal', () => {
		expect(formatTime(noon)).toBe('14:02:31');
		expect(formatHourMinute(noon)).toBe('14:02');
		expect(formatDateTime(noon)).toBe('2026-03-01 14:02:31');
		expect(formatTime(Number.POSITIVE_INFINITY)).toBe('–');
	});
});

test('a compact count is never wider than six cells, and never says an exponent', () => {
	fc.assert(
		fc.property(fc.double({ min: -1e17, max: 1e17, noNaN: true }), (value) => {
			const text = formatCompactCount(value);
			expect(text).toMatch(/^-?\d{1,3}(\.\d)?[kMGTP]?$/);
		}),
	);
});
