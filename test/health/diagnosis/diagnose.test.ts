import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { DiagnosisInput, FaultCheck } from '../../../source/health/diagnosis/check.ts';
import { describeDiagnosis } from '../../../source/health/diagnosis/describe.ts';
import { diagnose } from '../../../source/health/diagnosis/diagnose.ts';
import { type FaultName, faultNames } from '../../../source/health/diagnosis/fault-names.ts';
import type { Explained, Finding } from '../../../source/health/diagnosis/finding.ts';
import { checks } from '../../../source/health/diagnosis/registry.ts';
import { defaultThresholds } from '../../../source/health/thresholds.ts';
import type { Verdict } from '../../../source/health/verdict.ts';
import type { Reading } from '../../../source/sampling/reading.ts';
import { evidence, outline } from './diagnosed.ts';

const input = (
	verdicts: readonly Verdict[] = [],
	readings: Readonly<Record<string, Reading>> = {},
): DiagnosisInput => {
	const snapshot = {
		seq: 1,
		at: 1000,
		answeredAt: 1000,
		publishedAt: 1000,
		advice: new Map(),
		connection: { kind: 'connecting', since: 0, where: 'db-1' },
		readings: new Map(),
	} as const;
	return {
		snapshot,
		history: [snapshot],
		verdicts,
		evidence: new Map(Object.entries(readings)),
		thresholds: defaultThresholds,
		intervalMs: 2000,
	};
};

const finding = (
	fault: FaultName,
	severity: Finding['severity'] = 'warn',
	explains: readonly Explained[] = [],
	more: Partial<Finding> = {},
): Finding => ({
	fault,
	subject: '',
	severity,
	confidence: 'certain',
	sentence: fault,
	clues: [],
	since: undefined,
	explains,
	next: [],
	...more,
});

const finds = (...found: readonly Finding[]): readonly FaultCheck[] => [
	{ ...(checks[0] as FaultCheck), find: () => found },
];

const verdict = (
	signal: Verdict['signal'],
	severity: Verdict['severity'],
	subject = '',
): Verdict => ({
	signal,
	subject,
	panel: 'tasks',
	severity,
	sentence: `${signal} is ${severity}`,
	since: 0,
});

const folded = (...found: readonly Finding[]) => outline(diagnose(input(), finds(...found)));

describe('a cause', () => {
	test('folds what it explains, also through others', () => {
		expect(
			folded(
				finding('unfinished-backfill'),
				finding('green-but-still', 'warn', [{ fault: 'unfinished-backfill' }]),
				finding('lock-leaked', 'critical', [{ fault: 'green-but-still' }]),
			),
		).toEqual(['critical lock-leaked <- warn green-but-still <- warn unfinished-backfill']);
	});

	test('is as bad as the worst it leads to', () => {
		expect(
			folded(
				finding('failing-runtime', 'warn', [{ fault: 'retry-storm' }]),
				finding('retry-storm', 'critical'),
			),
		).toEqual(['critical failing-runtime <- critical retry-storm']);
	});

	test('that makes things harmless stays a note', () => {
		expect(
			folded(
				finding('lock-busy', 'note', [{ fault: 'green-but-still' }]),
				finding('green-but-still', 'critical'),
			),
		).toEqual(['note lock-busy <- critical green-but-still']);
	});

	test('of one pipeline leaves the others alone', () => {
		expect(
			folded(
				finding('lock-leaked', 'critical', [{ fault: 'ticks-stopped', subject: 'hourly' }]),
				finding('ticks-stopped', 'warn', [], { subject: 'daily' }),
				finding('ticks-stopped', 'warn', [], { about: ['hourly', 'daily'] }),
				finding('ticks-stopped', 'warn', [], { subject: 'hourly' }),
			),
		).toEqual([
			'critical lock-leaked <- warn ticks-stopped hourly',
			'warn ticks-stopped daily',
			'warn ticks-stopped',
		]);
	});

	test('and its cause in a circle stay apart from nothing but each other', () => {
		expect(
			folded(
				finding('lock-leaked', 'critical', [{ fault: 'lock-busy' }]),
				finding('lock-busy', 'critical', [{ fault: 'lock-leaked' }]),
			),
		).toHaveLength(1);
	});
});

describe('findings', () => {
	test('come worst first, then causes before consequences', () => {
		expect(
			folded(
				finding('clock-skew', 'critical'),
				finding('long-running', 'note'),
				finding('two-tickers', 'warn'),
				finding('lock-leaked', 'critical'),
			),
		).toEqual([
			'critical lock-leaked',
			'critical clock-skew',
			'warn two-tickers',
			'note long-running',
		]);
	});
});

describe('verdicts', () => {
	const lag = verdict('rollup-data-lag', 'critical', 'hourly');
	const other = verdict('connections', 'warn');
	const well = verdict('replay-lag', 'ok');

	test('belong to who explains them, and make him as bad', () => {
		const diagnosis = diagnose(
			input([lag, other, well]),
			finds(finding('lock-leaked', 'warn', [{ signal: 'rollup-data-lag', subject: 'hourly' }])),
		);
		expect(outline(diagnosis)).toEqual(['critical lock-leaked']);
		expect(diagnosis.findings[0]?.verdicts).toEqual([lag]);
		expect(diagnosis.unexplained).toEqual([other]);
	});

	test('tell since when, where the evidence does not', () => {
		const explains = [{ signal: 'rollup-data-lag' }, { signal: 'connections' }] as const;
		const sinceOf = (since: number | undefined, ...sinces: readonly number[]) =>
			diagnose(
				input(sinces.map((each, index) => ({ ...(index === 0 ? lag : other), since: each }))),
				finds(finding('lock-leaked', 'warn', explains, { since })),
			).findings[0]?.since;
		expect(sinceOf(undefined, 500, 300)).toBe(300);
		expect(sinceOf(700, 500, 300)).toBe(700);
		// A first look knows only that they hold.
		expect(sinceOf(undefined, 1000)).toBeUndefined();
		expect(sinceOf(undefined)).toBeUndefined();
	});

	test('that nobody explains are told as they are', () => {
		const lines = describeDiagnosis(diagnose(input([other, lag]), []), () => false);
		expect(lines.slice(0, 2)).toMatchObject([
			{ severity: 'critical', text: 'rollup-data-lag is critical' },
			{ severity: 'warn', text: 'connections is warn' },
		]);
	});
});

test('evidence that could not be had is told, what is not in the database is not', () => {
	const { gaps } = diagnose(
		input([], {
			'rollup/locks': { kind: 'failed', failure: { sentence: 'cancelled' }, failures: 1 },
			'lease/planned': { kind: 'unavailable', reason: 'not in this database: no table runs' },
			'tasks/failures': {
				kind: 'unavailable',
				reason: 'no privilege: GRANT SELECT ON x to this role',
			},
			'database/role': { kind: 'empty', at: 1, cost: { serverMs: 2 } },
		}),
		[],
	);
	expect(gaps).toEqual([
		{ evidence: 'rollup/locks', reason: 'cancelled' },
		{ evidence: 'tasks/failures', reason: 'no privilege: GRANT SELECT ON x to this role' },
	]);
});

describe('the next step', () => {
	const steps = [
		{ say: 'Tick.', command: 'tick --pipeline hourly', sql: 'select tick();' },
		{ say: 'Verify.', command: 'verify' },
	];
	const copied = (hasCommand: (name: string) => boolean) =>
		describeDiagnosis(
			diagnose(input(), finds(finding('lock-leaked', 'warn', [], { next: steps }))),
			hasCommand,
		)
			.filter(({ role, label }) => role === 'copy' || label === 'next')
			.map(({ text }) => text);

	test('is a command of the program where it has one', () => {
		expect(copied(() => true)).toEqual([
			'Tick.',
			'tidemark tick --pipeline hourly',
			'Verify.',
			'tidemark verify',
		]);
	});

	test('is a statement where it has not', () => {
		expect(copied(() => false)).toEqual(['Tick.', 'select tick();']);
	});
});

describe('the registry', () => {
	test('has one check a fault, in one file called like it', () => {
		const folder = fileURLToPath(new URL('../../../source/health/diagnosis', import.meta.url));
		const files = new Set(
			readdirSync(folder, { recursive: true }).map((path) => basename(String(path), '.ts')),
		);
		expect(checks.map(({ fault }) => fault)).toEqual(faultNames);
		expect(faultNames.filter((name) => !files.has(name))).toEqual([]);
	});

	test('asks for evidence that there is, and leaves none unasked', () => {
		expect(evidence.faults).toEqual([]);
		const asked = new Set(checks.flatMap(({ asks }) => asks));
		const there = new Set(evidence.samplers.map(({ id }) => id));
		expect([...asked].filter((id) => !there.has(id))).toEqual([]);
		expect([...there].filter((id) => !asked.has(id))).toEqual([]);
	});

	test('knows nothing where nothing is known', () => {
		for (const check of checks) expect(check.find(input())).toEqual([]);
	});
});
