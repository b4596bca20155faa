import { describe, expect, it } from 'vitest';
import { judge, type Memories } from '../../source/health/judge.ts';
import { judgeOnce } from '../../source/health/judge-once.ts';
import type { Measurement } from '../../source/health/measurement.ts';
import { defaultThresholds } from '../../source/health/thresholds.ts';
import type { Verdict } from '../../source/health/verdict.ts';
import { at, leaseReadings, rows, snapshotOf } from '../ui/fixtures.ts';

const second = 1000;
const minute = 60 * second;

/** Judges a series of values, one every so many ms, and tells the last verdict. */
function verdictAfter(
	signal: Measurement['signal'],
	values: readonly (number | undefined)[],
	everyMs: number,
	isLevel = false,
): Verdict {
	let memories: Memories = new Map();
	let verdicts: readonly Verdict[] = [];
	for (const [index, value] of values.entries()) {
		const measurement: Measurement = {
			signal,
			subject: 'it',
			sampler: 'pack/sampler',
			panel: 'tasks',
			value,
			...(isLevel && { isLevel }),
			sentence: (severity, seconds) => `${severity} ${seconds}`,
		};
		({ verdicts, memories } = judge([measurement], memories, defaultThresholds, index * everyMs));
	}
	return verdicts[0] as Verdict;
}

const severityAfter = (...args: Parameters<typeof verdictAfter>) => verdictAfter(...args).severity;

describe('a bound without a duration', () => {
	it.each([
		[59, 'ok'],
		[60, 'warn'],
		[239, 'warn'],
		[240, 'critical'],
	] as const)('judges at once: %d s', (value, severity) => {
		expect(severityAfter('dispatched-not-started', [value], second)).toBe(severity);
	});
});

describe('a bound with a duration', () => {
	it('counts only after it has been reached for so long', () => {
		expect(severityAfter('oldest-ready-task', [61, 61], 119 * second)).toBe('ok');
		expect(severityAfter('oldest-ready-task', [61, 61], 120 * second)).toBe('warn');
	});

	it('begins anew after a break', () => {
		expect(severityAfter('oldest-ready-task', [61, 0, 61], 2 * minute)).toBe('ok');
	});

	it('is neither broken nor proved by a value that is unknown', () => {
		expect(severityAfter('oldest-ready-task', [61, undefined], 2 * minute)).toBe('unknown');
		expect(severityAfter('oldest-ready-task', [61, undefined, 61], minute)).toBe('warn');
	});

	it('tells since when', () => {
		expect(verdictAfter('oldest-ready-task', [0, 61, 61, 61], minute)).toMatchObject({
			severity: 'warn',
			since: 3 * minute,
		});
	});
});

describe('a level', () => {
	const level = (values: readonly number[], everyMs: number) =>
		severityAfter('not-draining', values, everyMs, true);

	it('is judged by how long it has not fallen', () => {
		expect(level([5, 5, 6, 7], 5 * minute)).toBe('warn');
		expect(level([5, 5, 6, 7], 10 * minute)).toBe('critical');
	});

	it('is well as soon as it falls, and when it is empty', () => {
		expect(level([5, 6, 5, 5], 10 * minute)).toBe('ok');
		expect(level([0, 0, 0, 0], 60 * minute)).toBe('ok');
	});

	it('says for how long', () => {
		expect(verdictAfter('not-draining', [5, 5], 20 * minute, true).sentence).toBe('warn 1200');
	});
});

describe('the verdicts', () => {
	it('name a cause before what it brings about', () => {
		const measurements = (['rollup-data-lag', 'rollup-lock-idle'] as const).map(
			(signal): Measurement => ({
				signal,
				subject: 'hourly',
				sampler: '',
				panel: 'rollups',
				value: 7200,
				sentence: () => '',
			}),
		);
		const { verdicts } = judge(measurements, new Map(), defaultThresholds, 0);
		expect(verdicts.map(({ signal }) => signal)).toEqual(['rollup-lock-idle', 'rollup-data-lag']);
	});

	it('come worst first, the older first among equals, and unknown before ok', () => {
		const values = { a: 0, b: 300, c: undefined, d: 61 };
		const measurements = Object.entries(values).map(
			([subject, value]): Measurement => ({
				signal: 'dispatched-not-started',
				subject,
				sampler: '',
				panel: 'tasks',
				value,
				sentence: () => '',
			}),
		);
		const { verdicts } = judge(measurements, new Map(), defaultThresholds, 0);
		expect(verdicts.map(({ subject, severity }) => `${subject} ${severity}`)).toEqual([
			'b critical',
			'd warn',
			'c unknown',
			'a ok',
		]);
	});
});

it('does not count the time before a run might start', () => {
	const worst = (longest: number) => {
		const ready = {
			ready: 1,
			future: 0,
			oldest_ready_seconds: 4000,
			longest_wait_seconds: longest,
		};
		return judgeOnce(
			snapshotOf({ ...leaseReadings(), 'lease/ready': rows(at, ready) }),
			defaultThresholds,
		)
			.filter(({ signal }) => signal === 'oldest-ready-run')
			.map(({ severity, sentence }) => [severity, sentence]);
	};
	expect(worst(2)).toMatchObject([['ok', expect.anything()]]);
	expect(worst(1000)).toEqual([['critical', 'the oldest of 1 run ready has waited 16m']]);
});
