import { describe, expect, test } from 'vitest';
import type { Reading } from '../../../source/sampling/reading.ts';
import { lineText } from '../../../source/ui/draw/span.ts';
import { conditionOf, underCondition } from '../../../source/ui/panels/condition.ts';
import type { FrameInput } from '../../../source/ui/panels/frame-input.ts';
import { at, controls, frameInput, rows, snapshotOf } from '../fixtures.ts';

const failure = { sentence: 'cancelled after 500 ms', sqlstate: '57014' };
const good = (when: number): Reading => rows(when, { tasks: 1 });
const stale = (when: number): Reading => ({
	kind: 'stale',
	rows: [],
	at: when,
	cost: { serverMs: 1 },
	failure,
	failures: 2,
});
const failedReading: Reading = { kind: 'failed', failure, failures: 1 };
const missing = (reason: string): Reading => ({ kind: 'unavailable', reason });

const content = [{ line: [{ text: '3 tasks' }], rank: 0 }];

function drawn(
	readings: readonly (readonly [string, Reading])[],
	frame: FrameInput = frameInput(),
) {
	const isPresent =
		readings.length === 0 || readings.some(([, reading]) => reading.kind !== 'unavailable');
	const condition = conditionOf({ isPresent, readings }, frame);
	return {
		kind: condition.kind,
		tag: lineText(condition.tag),
		isDim: condition.isDim,
		lines: underCondition(condition, content).map(({ line }) => lineText(line)),
	};
}

describe('each kind of reading, drawn', () => {
	test.each([
		['ok', [['a/x', good(at)]], { kind: 'ok', tag: '', isDim: false, lines: ['3 tasks'] }],
		[
			'pending',
			[['a/x', { kind: 'pending' }]],
			{ kind: 'pending', tag: '', isDim: false, lines: ['waiting for the first sample'] },
		],
		['empty', [['a/x', rows(at)]], { kind: 'empty', tag: '', isDim: false, lines: ['no rows'] }],
		[
			'failed',
			[['a/x', failedReading]],
			{
				kind: 'failed',
				tag: '◌ failed',
				isDim: false,
				lines: ['◌ x failed: cancelled after 500 ms'],
			},
		],
		[
			'stale, still young',
			[['a/x', stale(at - 3000)]],
			{
				kind: 'stale',
				tag: '◌ 3s old',
				isDim: false,
				lines: ['3 tasks', '◌ x 3s old: cancelled after 500 ms'],
			},
		],
		[
			'stale, older than twice the interval',
			[['a/x', stale(at - 12_000)]],
			{
				kind: 'stale',
				tag: '◌ 12s old',
				isDim: true,
				lines: ['3 tasks', '◌ x 12s old: cancelled after 500 ms'],
			},
		],
		[
			'unavailable',
			[
				['a/x', missing('no table runs')],
				['a/y', missing('no table runs')],
			],
			{
				kind: 'unavailable',
				tag: '',
				isDim: false,
				lines: ['not in this database', 'no table runs'],
			},
		],
		[
			'one of several failed',
			[
				['a/x', good(at)],
				['a/y', failedReading],
				['a/z', missing('no function f')],
			],
			{
				kind: 'ok',
				tag: '◌ 1 failed',
				isDim: false,
				lines: ['3 tasks', '◌ y failed: cancelled after 500 ms'],
			},
		],
	] as const)('%s', (_, readings, expected) => {
		expect(drawn(readings)).toEqual(expected);
	});
});

test('whatever its age, nothing is trusted while the connection is lost', () => {
	const input = frameInput();
	const { snapshot } = input.report;
	const connection = { kind: 'connecting', since: at, where: 'db-1' } as const;
	const lost = { ...input, report: { ...input.report, snapshot: { ...snapshot, connection } } };
	expect(drawn([['a/x', good(at)]], lost)).toMatchObject({ isDim: true, tag: '' });
});

describe('age', () => {
	test('dims from twice the interval on, and no sooner', () => {
		expect(drawn([['a/x', good(at - 4000)]]).isDim).toBe(false);
		expect(drawn([['a/x', good(at - 4001)]])).toMatchObject({ isDim: true, tag: '◌ 4s old' });
	});

	test('is measured against the cadence of the sampler itself', () => {
		expect(drawn([['multica/active', good(at - 119_000)]]).isDim).toBe(false);
		expect(drawn([['multica/active', good(at - 121_000)]]).isDim).toBe(true);
	});

	test('goes on by this machine while the server is silent, and stands still while paused', () => {
		const late = frameInput(undefined, { now: at + 9000 });
		expect(drawn([['a/x', good(at)]], late).tag).toBe('◌ 9s old');
		const paused = frameInput(undefined, {
			now: at + 9000,
			controls: { ...controls, isPaused: true },
		});
		expect(drawn([['a/x', good(at)]], paused)).toMatchObject({ tag: '', isDim: false });
	});
});

test('what no index helps is said below the data, with its cadence and what would mend it', () => {
	const statement = 'CREATE INDEX CONCURRENTLY ON chat_message (created_at)';
	const advice = new Map([['multica/active', statement]]);
	const frame = frameInput(snapshotOf({}, { advice }));
	expect(drawn([['multica/active', good(at)]], frame)).toEqual({
		kind: 'ok',
		tag: '',
		isDim: false,
		lines: ['3 tasks', 'active every 1m: no index on chat_message (created_at)'],
	});
});
