import { expect, test } from 'vitest';
import { displayWidth, sanitise } from '../../../source/lib/text.ts';
import { trendsOf } from '../../../source/sampling/history/trends.ts';
import type { Reading } from '../../../source/sampling/reading.ts';
import { lineText } from '../../../source/ui/draw/span.ts';
import { composeFrame } from '../../../source/ui/frame/compose-frame.ts';
import type { FrameInput } from '../../../source/ui/panels/frame-input.ts';
import { openSieve } from '../../../source/ui/sieve.ts';
import type { UiState } from '../../../source/ui/state.ts';
import { fc } from '../../support/properties.ts';
import {
	allReadings,
	at,
	environment,
	frameInput,
	historyBefore,
	identity,
	reportOf,
	rows,
	snapshotOf,
	verdict,
	verdicts,
} from '../fixtures.ts';

const states: readonly UiState[] = [
	{},
	{ focus: 4 },
	{ focus: 1, view: { kind: 'zoom', panel: 1, top: 3 } },
	{ view: { kind: 'zoom', panel: 3, top: 0 } },
	{ view: { kind: 'zoom', panel: 9, top: 0 } },
	{ overlay: { kind: 'help', top: 5, query: '', isTyping: false } },
	{ overlay: { kind: 'help', top: 0, query: '日本', isTyping: true } },
	{
		overlay: { kind: 'log', top: 99, sieve: openSieve },
		notice: 'a notice that is longer than most screens are wide',
	},
];

/** Text as it may come out of other people's tables, after the one door that all of it passes. */
const hostile = sanitise(
	`日本語 🏳️‍🌈 e\u0301\u0301\u0301 \x1b[31m\u202e Ａ\u200b${'長い名前'.repeat(20)}`,
);

const hostileReadings: Readonly<Record<string, Reading>> = {
	...allReadings(),
	'multica/task-queued': rows(at, {
		source: hostile,
		tasks: 2n ** 70n,
		oldest_seconds: Number.NaN,
	}),
	'multica/runtime-fleet': rows(at, {
		runtime_mode: hostile,
		provider: hostile,
		online: 1e300,
		late: -1,
		silent_recently: Number.POSITIVE_INFINITY,
	}),
	'lease/depth': rows(at, { status: hostile, runs: 3 }, { status: '', runs: 1 }),
	'rollup/hourly-state': rows(at, {
		watermark_seconds: Number.POSITIVE_INFINITY,
		newest_usage_at: at,
		data_lag_seconds: Number.NEGATIVE_INFINITY,
		run_age_seconds: null,
		last_run_rows: null,
		last_error: hostile,
	}),
	'rollup/daily-dirty': { kind: 'failed', failures: 3, failure: { sentence: hostile } },
};

const hostileSnapshot = snapshotOf(hostileReadings, {
	identity: { ...identity, user: hostile, database: hostile, host: hostile, isStandby: true },
});

const inputs: readonly FrameInput[] = [
	frameInput(),
	frameInput(hostileSnapshot, {
		report: reportOf(hostileSnapshot, {
			verdicts: [verdict('rollup-data-lag', 'rollups', 'critical', hostile, 'hourly'), ...verdicts],
			events: [{ at, severity: 'critical', text: hostile }],
		}),
		trends: trendsOf([...historyBefore(hostileSnapshot, 90), hostileSnapshot]),
		environment: {
			...environment,
			target: hostile,
			isReadOnly: true,
			warnings: [hostile, 'another'],
		},
	}),
	frameInput(snapshotOf({})),
	frameInput(undefined, { trends: trendsOf([]), environment: { ...environment, isAscii: true } }),
];

function check(input: FrameInput, state: UiState, columns: number, lines: number): void {
	const frame = composeFrame(input, state, columns, lines);
	expect(frame.lines.length).toBeLessThanOrEqual(lines);
	for (const line of frame.lines) {
		const width = displayWidth(lineText(line));
		if (width > columns) expect(`${width} > ${columns}: ${lineText(line)}`).toBe('');
	}
}

test('no line is wider and no frame higher than the screen, at any size, whatever the data', () => {
	fc.assert(
		fc.property(
			fc.constantFrom(...inputs),
			fc.constantFrom(...states),
			fc.integer({ min: 1, max: 250 }),
			fc.integer({ min: 1, max: 60 }),
			check,
		),
		{ numRuns: 600 },
	);
});

test('the sizes at which layouts change are all tried', () => {
	for (const input of inputs.slice(0, 2)) {
		for (let columns = 1; columns <= 96; columns += 1) {
			check(input, {}, columns, 9);
			check(input, {}, columns, 10);
			if (columns % 4 === 0) check(input, {}, columns, 24);
		}
		for (let lines = 1; lines <= 60; lines += 1) check(input, {}, 80, lines);
		for (const columns of [149, 150, 151]) check(input, {}, columns, 50);
	}
});
