import { describe, expect, test } from 'vitest';
import { addDays } from '../../../source/lib/calendar.ts';
import { type Answers, keyOf, type Question } from '../../../source/sampling/question.ts';
import type { Row } from '../../../source/sampling/reading.ts';
import { lineText } from '../../../source/ui/draw/span.ts';
import { composeFrame } from '../../../source/ui/frame/compose-frame.ts';
import type { FrameInput } from '../../../source/ui/panels/frame-input.ts';
import type { UiState } from '../../../source/ui/state.ts';
import { questionsOf } from '../../../source/ui/views/all-views.ts';
import { openUsage } from '../../../source/ui/views/usage/usage-view.ts';
import type { Grouping } from '../../../source/usage/names.ts';
import { at, frameInput, lostInput, rows } from '../fixtures.ts';

// Usage literally, on made rows: a week of which the last day is not over.

const week = ['23', '24', '25', '26', '27', '28', '01'].map((day) =>
	day === '01' ? '2026-03-01' : `2026-02-${day}`,
);
const used = (tokens: number): Row => ({
	input_tokens: tokens * 700,
	output_tokens: tokens * 100,
	cache_read_tokens: BigInt(tokens) * 2500n,
	cache_write_tokens: tokens * 125,
	event_count: tokens,
});
const models = ['claude-large', 'gpt-5.2-codex', 'claude-small'];
/** Raw usage has had an hour more than the rollup. */
const late = (isRaw: boolean) => (isRaw ? 40 : 0);

/** The rows of each query of sql/usage, by its name. */
function rowsOf(name: string, days: number): readonly Row[] {
	const isRaw = name.endsWith('-raw');
	if (name === 'today') return [{ today: '2026-03-01', now: at }];
	if (name.startsWith('reach-')) return [{ rows: 5000, first_whole_day: '2026-02-23' }];
	if (name === 'agent-names') return models.map((_, n) => ({ id: `a-${n}`, name: `Builder ${n}` }));
	if (name === 'task-starts') {
		return week.map((day, n) => ({ day, hour: 9 + n, starts: 3 * n + 1 }));
	}
	if (name.startsWith('by-day') && days > week.length) {
		return Array.from({ length: days }, (_, n) => ({
			day: addDays('2026-03-01', n + 1 - days),
			...used(100 + n + (n % 7 < 5 ? 300 : 0)),
		}));
	}
	if (name.startsWith('by-day')) {
		return week.map((day, n) => ({ day, ...used(900 - 100 * n + (n === 6 ? late(isRaw) : 0)) }));
	}
	if (name.startsWith('by-model')) {
		return models.map((model, n) => ({ provider: 'claude', model, ...used(2000 - 700 * n) }));
	}
	if (name.startsWith('by-agent')) {
		return models.map((model, n) => ({ agent_id: `a-${n}`, model, ...used(2000 - 700 * n) }));
	}
	return week.flatMap((day, n) =>
		Array.from({ length: 24 }, (_, hour) => ({ day, hour, ...used(10 + ((hour * 7 + n) % 60)) })),
	);
}

const answer = ({ query }: Question, days: number) =>
	rows(at, ...rowsOf(query.replace('usage/', ''), days));

/** The console with usage open, when all that it asked is answered. */
function draw(
	by: Grouping,
	columns: number,
	lines: number,
	later = (input: FrameInput) => input,
	days = week.length,
): string {
	const view = openUsage(undefined);
	const state: UiState = {
		view: {
			...view,
			request: {
				...view.request,
				by,
				source: 'hourly',
				zone: 'Europe/Berlin',
				span: { kind: 'last', days },
			},
		},
	};
	let answers: Answers = new Map();
	for (;;) {
		const input = { ...frameInput(), answers };
		const missing = questionsOf(state.view, input).filter((each) => !answers.has(keyOf(each)));
		if (missing.length === 0) {
			const { lines: drawn } = composeFrame(later(input), state, columns, lines);
			return `${drawn.map((line) => lineText(line).trimEnd()).join('\n')}\n`;
		}
		answers = new Map([
			...answers,
			...missing.map((each) => [keyOf(each), answer(each, days)] as const),
		]);
	}
}

describe.each<Grouping>(['day', 'week', 'agent', 'model', 'hour'])('by %s', (by) => {
	test.each([
		[80, 24],
		[120, 40],
		[200, 50],
	])('at %d×%d', async (columns, lines) => {
		await expect(draw(by, columns, lines)).toMatchFileSnapshot(
			`frames/usage-${by}-${columns}x${lines}.txt`,
		);
	});
});

test.each([
	[80, 24],
	[120, 40],
	[200, 50],
])('without a server, with its age, at %d×%d', async (columns, lines) => {
	const drawn = draw('day', columns, lines, lostInput);
	expect(drawn).toMatch(/Usage .* ◌ 41s old/);
	await expect(drawn).toMatchFileSnapshot(`frames/usage-lost-${columns}x${lines}.txt`);
});

test.each([
	[90, 80, 24],
	[365, 80, 24],
	[365, 120, 40],
	[365, 200, 50],
])('%d days, more than there are columns, at %d×%d', async (days, columns, lines) => {
	const drawn = draw('day', columns, lines, undefined, days);
	await expect(drawn).toMatchFileSnapshot(`frames/usage-${days}d-${columns}x${lines}.txt`);
});

test('what is known is worked out once for each answer, and not for each key', () => {
	const view = openUsage(undefined);
	const input = { ...frameInput(), answers: new Map() };
	const questions = questionsOf(view, input);
	expect(questionsOf({ ...view, top: 3 }, { ...input })).toBe(questions);
	const later = {
		...input,
		answers: new Map(questions.map((each) => [keyOf(each), answer(each, 7)])),
	};
	expect(questionsOf(view, later).length).toBeGreaterThan(questions.length);
	expect(questionsOf(openUsage(undefined), later)).not.toBe(questions);
});
