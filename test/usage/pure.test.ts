import { describe, expect, test } from 'vitest';
import {
	addDays,
	countDays,
	daysFrom,
	isDay,
	weekdayOf,
	weekOf,
} from '../../source/lib/calendar.ts';
import { hasPartHours, hoursOfDay, isZone, localTime, startOfDay } from '../../source/lib/zone.ts';
import type { PipelineData } from '../../source/sampling/panel-data.ts';
import { type Answers, keyOf } from '../../source/sampling/question.ts';
import { foldHeatMap, heatMap, hoursOfHeatMap } from '../../source/usage/heat-map.ts';
import { listedRows } from '../../source/usage/listed-rows.ts';
import { daysOfSpan, parseRequest } from '../../source/usage/request.ts';
import { chooseSource, type SourceFacts } from '../../source/usage/sources.ts';
import { type UsageState, usageState } from '../../source/usage/state.ts';
import { chooseZone } from '../../source/usage/zone-choice.ts';

describe('the calendar', () => {
	test.each([
		['2026-01-01', '2026-W01', '2025-12-29'],
		['2027-01-01', '2026-W53', '2026-12-28'],
		['2024-12-30', '2025-W01', '2024-12-30'],
		['2026-11-25', '2026-W48', '2026-11-23'],
		['2023-01-01', '2022-W52', '2022-12-26'],
	])('%s is in %s, which begins on %s', (day, name, monday) => {
		expect(weekOf(day)).toEqual({ name, monday });
	});

	test('counts days over months, years and leap days', () => {
		expect(countDays('2024-02-28', '2024-03-01')).toBe(3);
		expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
		expect(daysFrom('2025-12-31', '2026-01-01')).toEqual(['2025-12-31', '2026-01-01']);
		expect(daysFrom('2026-01-02', '2026-01-01')).toEqual([]);
		expect(weekdayOf('2026-11-29')).toBe(7);
		expect(['2025-02-29', '2024-02-29', '2025-13-01', '25-01-01'].map(isDay)).toEqual([
			false,
			true,
			false,
			false,
		]);
	});
});

describe('a zone', () => {
	test.each([
		['Europe/Berlin', '2026-03-29', 23],
		['Europe/Berlin', '2026-10-25', 25],
		['Europe/Berlin', '2026-10-26', 24],
		// Midnight is skipped, and comes twice.
		['America/Havana', '2026-03-08', 23],
		['America/Havana', '2026-11-01', 25],
		['Australia/Lord_Howe', '2026-04-05', 24.5],
		['Asia/Kolkata', '2026-03-29', 24],
		// Skipped whole, when the date line moved.
		['Pacific/Apia', '2011-12-30', 0],
	])('%s has on %s %d hours', (zone, day, hours) => {
		expect(hoursOfDay(zone, day)).toBe(hours);
	});

	test('begins its days where its clocks say so', () => {
		expect(startOfDay('America/Havana', '2026-03-08')).toBe(Date.parse('2026-03-08T05:00Z'));
		expect(startOfDay('Asia/Kolkata', '2026-03-08')).toBe(Date.parse('2026-03-07T18:30Z'));
		expect(localTime('Asia/Kathmandu', Date.parse('2026-03-08T00:00Z'))).toEqual({
			day: '2026-03-08',
			minutes: 5 * 60 + 45,
		});
	});

	test('cuts hours of UTC where its offset is no whole hour, be it for a part of the year', () => {
		expect(hasPartHours('Asia/Kolkata', '2026-01-01', '2026-01-02')).toBe(true);
		expect(hasPartHours('Europe/Berlin', '2026-01-01', '2026-12-31')).toBe(false);
		// 10:30 in winter, 11:00 in summer.
		expect(hasPartHours('Australia/Lord_Howe', '2026-01-01', '2026-01-31')).toBe(false);
		expect(hasPartHours('Australia/Lord_Howe', '2026-01-01', '2026-04-30')).toBe(true);
	});

	test('is a name, not an offset, an abbreviation or anything else', () => {
		const names = ['Europe/Berlin', 'UTC', 'america/new_york', 'Etc/GMT+5', 'Japan'];
		expect(names.map(isZone)).toEqual(names.map(() => true));
		const others = [
			'+02',
			'+05:30',
			'CET',
			'Mars/Olympus',
			'',
			' UTC',
			'UTC+5',
			"UTC'",
			'x'.repeat(99),
		];
		expect(others.map(isZone)).toEqual(others.map(() => false));
	});

	test("is the one asked for, else the user's, the settings', the terminal's, else UTC", () => {
		const ofTerminal = 'Asia/Tokyo';
		const zone = (facts: Partial<Parameters<typeof chooseZone>[0]>) => {
			const { zone: name, origin, note } = chooseZone({ asked: undefined, ofTerminal, ...facts });
			return [name, origin, note];
		};
		expect(zone({ asked: 'UTC', ofUser: 'Europe/Berlin' })).toEqual(['UTC', 'asked', undefined]);
		expect(zone({ ofUser: 'Europe/Berlin' })).toEqual(['Europe/Berlin', 'user', undefined]);
		expect(zone({})).toEqual(['Asia/Tokyo', 'terminal', undefined]);
		const ofSettings = 'Europe/Paris';
		expect(zone({ ofSettings })).toEqual(['Europe/Paris', 'settings', undefined]);
		expect(zone({ ofSettings, ofUser: 'Europe/Berlin' })[1]).toBe('user');
		expect(zone({ ofTerminal: undefined })).toEqual(['UTC', 'utc', undefined]);
		expect(zone({ ofUser: 'Mars/Olympus' })).toEqual([
			'Asia/Tokyo',
			'terminal',
			'the user has a time zone that there is not: "Mars/Olympus"; these are days of Asia/Tokyo',
		]);
		expect(zone({ ofUser: null })[2]).toBe(
			'the user has set no time zone; these are days of Asia/Tokyo',
		);
	});
});

describe('the source', () => {
	const rollup = (dataLagSeconds: number | null | undefined, watermarkAt = 1e12) =>
		({ dataLagSeconds, watermarkAt }) as PipelineData;
	const choose = (facts: Partial<SourceFacts>) => {
		const { source, reason } = chooseSource({
			asked: undefined,
			enabled: undefined,
			rollups: { hourly: rollup(400), daily: rollup(400) },
			needsHourly: false,
			...facts,
		});
		return [source, reason];
	};

	test('is what the instance itself reads', () => {
		expect(choose({})).toEqual(['hourly', 'it is up to date']);
		expect(choose({ rollups: { hourly: rollup(4000), daily: rollup(400) } })[0]).toBe('daily');
		expect(choose({ rollups: { hourly: rollup(null, 0) } })).toEqual([
			'hourly',
			'there is no raw usage to fill it from',
		]);
		expect(choose({ rollups: { hourly: rollup(4000), daily: rollup(1e9, 0) } })).toEqual([
			'raw',
			'no rollup of use is fresh: hourly is 1h06m behind, daily never ran',
		]);
		expect(choose({ rollups: {} })).toEqual([
			'raw',
			'no rollup of use is fresh: hourly is not here, daily is not here',
		]);
		expect(choose({ needsHourly: true, rollups: { daily: rollup(1) } })[0]).toBe('raw');
		expect(choose({ rollups: { hourly: rollup(undefined) } })[0]).toBe('raw');
	});

	test.each(['false', 'FALSE', '0', 'off', ' no '])(
		'is raw where the product has %j',
		(enabled) => {
			expect(choose({ enabled })).toEqual([
				'raw',
				`USAGE_DAILY_ROLLUP_ENABLED is ${enabled.trim()}`,
			]);
		},
	);

	test.each(['true', '1', ''])(
		'is the rollup where it has %j, and what was asked for in any case',
		(enabled) => {
			expect(choose({ enabled })[0]).toBe('hourly');
			expect(choose({ asked: 'daily', enabled: 'false' })).toEqual(['daily', 'asked for']);
		},
	);
});

describe('a request', () => {
	const span = (flags: Parameters<typeof parseRequest>[0]) =>
		daysOfSpan(parseRequest(flags).span, '2026-11-25');

	test.each([
		[{}, '2026-11-19', '2026-11-25'],
		[{ days: '1' }, '2026-11-25', '2026-11-25'],
		[{ from: '2026-11-01' }, '2026-11-01', '2026-11-25'],
		[{ from: '3d', to: '1d' }, '2026-11-22', '2026-11-24'],
		[{ to: '2026-11-10', days: '10' }, '2026-11-01', '2026-11-10'],
		[{ to: '1d' }, '2026-11-18', '2026-11-24'],
	])('%j is %s to %s', (flags, first, last) => {
		expect(span(flags)).toEqual({ first, last });
	});

	test.each([
		[{ days: '0' }, '--days is a number from 1 to 400; it is "0"'],
		[{ days: '7', from: '3d' }, '--days and --from are one or the other'],
		[
			{ from: '2026-02-30' },
			'--from is a day such as 2025-11-03, today, or 7d for seven days ago; it is "2026-02-30"',
		],
		[{ from: '2026-11-02', to: '2026-11-01' }, '--from 2026-11-02 is after --to 2026-11-01'],
		[
			{ from: '2024-01-01' },
			'2024-01-01 to 2026-11-25 is 1060 days: at most 400 are counted at once',
		],
		[{ by: 'month' }, '--by of usage is one of day, week, agent, model, hour; it is "month"'],
		[{ source: 'dashboard' }, '--source is one of hourly, daily, raw; it is "dashboard"'],
		[
			{ by: 'hour', source: 'daily' },
			"--by hour can't be had from the daily rollup: choose --source hourly or raw",
		],
		[
			{ tz: 'Mars/Olympus' },
			'--tz is a time zone such as Europe/Berlin or UTC; it is "Mars/Olympus"',
		],
		[
			{ runtime: 'a', workspace: 'b' },
			'--runtime and --workspace are one or the other: a runtime has one workspace',
		],
	])('%j is refused', (flags, sentence) => {
		expect(() => span(flags)).toThrow(sentence);
	});
});

const used = (tokens: number) => ({
	input_tokens: tokens,
	output_tokens: 0,
	cache_read_tokens: 0,
	cache_write_tokens: 0,
	event_count: 1,
});

describe('the heat map', () => {
	const rows = [
		{ day: '2026-11-23', hour: 5, ...used(3) },
		{ day: '2026-11-30', hour: 5, ...used(4) },
		{ day: '2026-11-29', hour: 23, ...used(5) },
	];

	test('has 24 hours for every day, and adds weeks up by the day of the week', () => {
		const map = heatMap('2026-11-22', '2026-11-30', false, rows, [
			{ day: '2026-11-30', hour: 5, starts: 2 },
		]);
		expect(map.lines.map(({ day }) => day.slice(8))).toEqual([
			'22',
			'23',
			'24',
			'25',
			'26',
			'27',
			'28',
			'29',
			'30',
		]);
		expect(map.lines.every(({ cells }) => cells.length === 24)).toBe(true);
		const folded = foldHeatMap(map);
		expect(folded.lines.map(({ day }) => weekdayOf(day))).toEqual([1, 2, 3, 4, 5, 6, 7]);
		expect(folded.lines[0]?.cells[5]).toMatchObject({
			usage: { inputTokens: 7n, events: 2n },
			starts: 2,
		});
		expect(folded.lines[6]?.cells[23]?.usage.inputTokens).toBe(5n);
		expect(hoursOfHeatMap(folded)).toEqual(hoursOfHeatMap(map));
		expect(foldHeatMap(folded)).toBe(folded);
	});
});

describe('a list', () => {
	const key = (row: object) =>
		({ kind: 'model', provider: 'p', model: String((row as { model: string }).model) }) as const;
	const models = (names: readonly string[], tokens = 1) =>
		names.map((model) => ({ model, ...used(tokens) }));

	test('has what only one side knows, greatest first by whichever says more', () => {
		const { rows, isCut } = listedRows(
			{
				own: [...models(['a'], 1), ...models(['b'], 2)],
				other: [...models(['a'], 9), ...models(['c'], 5)],
			},
			key,
		);
		expect(isCut).toBe(false);
		expect(
			rows.map(({ key: row, usage, other }) => [
				'model' in row && row.model,
				usage.inputTokens,
				other?.inputTokens,
			]),
		).toEqual([
			['a', 1n, 9n],
			['c', 0n, 5n],
			['b', 2n, 0n],
		]);
	});

	test('does not take for nothing what may only be cut off', () => {
		const many = Array.from({ length: 100 }, (_, n) => `m${n}`);
		const { rows, isCut } = listedRows(
			{ own: models([...many.slice(1), 'mine']), other: models(many) },
			key,
		);
		expect(isCut).toBe(true);
		expect(
			rows.find(({ key: row }) => row.kind === 'model' && row.model === 'mine')?.other,
		).toBeUndefined();
		expect(rows.some(({ key: row }) => row.kind === 'model' && row.model === 'm0')).toBe(false);
	});
});

describe('more raw usage than may be read', () => {
	const values = { first_day: '2026-03-01', last_day: '2026-03-07', zone: 'UTC' };
	const at = Date.UTC(2026, 2, 7);
	const answer = (tasks: number): Answers =>
		new Map(
			(
				[
					['find-runtime', { wanted: 'one' }, { id: 'r-1', name: 'one' }],
					['today', { zone: 'UTC' }, { today: '2026-03-07', now: at }],
					[
						'reach-raw',
						{ ...values, most: 100_000 },
						{ rows: 100_001, first_whole_day: '2026-03-06' },
					],
					['reach-tasks', { runtime: 'r-1', workspace: null, most: 100_000 }, { tasks }],
				] as const
			).map(([name, asked, row]) => [
				keyOf({ query: `usage/${name}`, values: asked }),
				{ kind: 'ok', rows: [row], at, cost: { serverMs: 1 } },
			]),
		);
	const request = { ...parseRequest({ runtime: 'one', source: 'raw', days: '7', tz: 'UTC' }) };
	const context = { rollups: {}, enabled: undefined, terminalZone: 'UTC' };

	test('is read by the tasks of a runtime that has few, however busy the others are', () => {
		const state = usageState(request, context, answer(12));
		expect(state.kind).toBe('asking');
		const asked = state.questions.map(({ query }) => query);
		expect(asked).toContain('usage/by-day-owned');
		expect(asked).not.toContain('usage/by-day-raw');
	});

	test('is refused for one that has many, which the sentence says', () => {
		const { error } = usageState(request, context, answer(100_001)) as {
			error: Error;
		} & UsageState;
		expect(error.message).toBe(
			'2026-03-01 to 2026-03-07 is too much to read at once: raw usage has more than 100,000 rows there, and this runtime more than 100,000 tasks; from 2026-03-06 on it can be read',
		);
	});
});
