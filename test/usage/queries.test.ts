import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { localTime, startOfDay } from '../../source/lib/zone.ts';
import { nth, resetSql } from '../rollup/world.ts';
import { useDatabase } from '../support/database.ts';
import { ask as askWith, queries, type Values } from './query.ts';

const database = useDatabase();
let client: pg.Client;

const zones = [
	'UTC',
	'America/New_York',
	'America/Havana',
	'Europe/Berlin',
	'Asia/Kolkata',
	'Pacific/Chatham',
	'Australia/Lord_Howe',
];
/** First and last day of the usage, with a day in hand on both sides. */
const [first, last] = ['2026-10-20', '2026-11-05'];

beforeAll(async () => {
	client = await database.client();
	await database.rows(resetSql);
	await database.rows('truncate task_usage');
	// An event every 20 minutes over both of autumn's clock changes, in turn for each task and model.
	await database.rows(`insert into task_usage (task_id, provider, model, input_tokens, output_tokens, created_at, updated_at)
		select ('60000000-0000-4000-8000-00000000000' || 1 + n % 3)::uuid, 'claude', 'm' || n, n, 1,
			'2026-10-24 00:00Z'::timestamptz + n * interval '20 minutes', now()
		from generate_series(0, 72 * 11) as n`);
	await database.rows(
		`update agent_task_queue set started_at = '2026-11-01 05:30Z'::timestamptz + (id = '${nth.task(1)}')::int * interval '1 hour',
			status = 'completed', completed_at = '2026-11-01 07:00Z'`,
	);
	await database.rows("call tidemark_backfill('hourly')");
	await database.rows("call tidemark_backfill('daily')");
});

const span = { first_day: first, last_day: last };
const ask = (name: string, values: Values = {}) => askWith(client, name, { ...span, ...values });

/** The days that raw events fall on for a person in the zone, worked out without a database. */
async function localDays(zone: string): Promise<ReadonlyMap<string, number>> {
	const { rows } = await client.query<{ at: Date; tokens: number }>(
		'select created_at as at, input_tokens::int as tokens from task_usage',
	);
	const days = new Map<string, number>();
	for (const { at, tokens } of rows) {
		const { day } = localTime(zone, at.getTime());
		days.set(day, (days.get(day) ?? 0) + tokens);
	}
	return days;
}

test('every file is well formed, and what sums up has a limit of rows and of time', () => {
	expect(queries.faults).toEqual([]);
	for (const { file, timeoutMs, maxRows, sql } of queries.samplers) {
		if (!sql.includes('group by')) continue;
		expect(timeoutMs, file).toBeLessThanOrEqual(4000);
		expect(sql, file).toMatch(new RegExp(`\\blimit ${maxRows}$`));
	}
});

describe.each(zones)('in %s', (zone) => {
	test.each(['by-day', 'by-agent', 'by-model', 'by-hour'])(
		'%s: raw usage and the rollup give the same answer',
		async (name) => {
			for (const owner of [{}, { runtime: nth.runtime(2) }, { workspace: nth.workspace(1) }]) {
				const values = { ...owner, zone, ...(name === 'by-hour' && { is_folded: false }) };
				const ofRaw = {
					...values,
					...(/day|model/.test(name) && { is_exact: false }),
				};
				const raw = await ask(`${name}-raw`, ofRaw);
				expect(raw.length).toBeGreaterThan(1);
				expect(await ask(`${name}-hourly`, values)).toEqual(raw);
				if (Object.keys(owner).length === 0) continue;
				expect(await ask(`${name}-owned`, ofRaw)).toEqual(raw);
			}
		},
	);
});

// Where the offset is a whole number of hours, the hours of the rollup are exact.
test.each(zones.slice(0, 4))(
	'days in %s are cut where the clock is, on days of 23 and 25 hours too',
	async (zone) => {
		const rows = await ask('by-day-hourly', { zone });
		expect(new Map(rows.map((row) => [row.day, row.input_tokens]))).toEqual(await localDays(zone));
	},
);

test.each(zones)(
	'days of raw usage in %s are cut to the minute where they may be',
	async (zone) => {
		const exact = { zone, is_exact: true };
		const rows = await ask('by-day-raw', exact);
		expect(new Map(rows.map((row) => [row.day, row.input_tokens]))).toEqual(await localDays(zone));
		const owner = { ...exact, workspace: nth.workspace(1) };
		expect(await ask('by-day-owned', owner)).toEqual(await ask('by-day-raw', owner));
	},
);

test('a range holds whole days of the zone and no more', async () => {
	const count = async (zone: string, day: string) => {
		const [row] = await ask('by-day-hourly', { zone, first_day: day, last_day: day });
		return row?.event_count;
	};
	expect(await count('America/New_York', '2026-11-01')).toBe(25 * 3);
	expect(await count('America/New_York', '2026-10-31')).toBe(24 * 3);
	expect(await count('Europe/Berlin', '2026-10-25')).toBe(25 * 3);
	expect(await count('America/Havana', '2026-11-01')).toBe(25 * 3);
});

test('the hour that is had twice counts twice, and one that is skipped is not there', async () => {
	const day = { first_day: '2026-11-01', last_day: '2026-11-01', is_folded: false };
	const rows = await ask('by-hour-hourly', { ...day, zone: 'America/New_York' });
	expect(rows.map((row) => row.event_count)).toEqual([
		3,
		6,
		...Array.from({ length: 22 }, () => 3),
	]);
});

test('folded, the days of a span are those of its first week', async () => {
	const zone = 'Europe/Berlin';
	const rows = await ask('by-hour-raw', { zone, is_folded: true });
	expect(rows).toEqual(await ask('by-hour-hourly', { zone, is_folded: true }));
	const expected = new Map<string, number>();
	for (const row of await ask('by-hour-raw', { zone, is_folded: false })) {
		const days = Math.round(
			(startOfDay('UTC', String(row.day)) - startOfDay('UTC', first)) / 86_400_000,
		);
		const key = `${20 + (days % 7)} ${row.hour}`;
		expected.set(key, (expected.get(key) ?? 0) + Number(row.event_count));
	}
	expect(
		new Map(rows.map((row) => [`${String(row.day).slice(8)} ${row.hour}`, row.event_count])),
	).toEqual(expected);
});

test('the daily rollup answers by days of its own zone', async () => {
	const [row] = await askWith(client, 'daily-zone.state', {});
	const zone = String(row?.zone);
	expect(await ask('by-day-daily', {})).toEqual(await ask('by-day-raw', { zone, is_exact: true }));
	expect(await ask('by-model-daily', {})).toEqual(
		await ask('by-model-raw', { zone, is_exact: true }),
	);
});

test('task starts by hour are those of the zone', async () => {
	const starts = async (values: Values) =>
		(await ask('task-starts', { is_folded: false, ...values })).map((row) => [
			row.hour,
			row.starts,
		]);
	expect(await starts({ zone: 'UTC' })).toEqual([
		[5, 2],
		[6, 1],
	]);
	// 05:30Z is 1:30 before the clock goes back, 06:30Z is 1:30 after.
	expect(await starts({ zone: 'America/New_York' })).toEqual([[1, 3]]);
	const ofOne = { zone: 'Asia/Kolkata', runtime: nth.runtime(2) };
	expect(await starts(ofOne)).toEqual([
		[11, 1],
		[12, 1],
	]);
	for (const owner of [ofOne, { zone: 'UTC', workspace: nth.workspace(1) }]) {
		const rows = await ask('task-starts-owned', { is_folded: false, ...owner });
		expect(rows.map(({ hour, starts: count }) => [hour, count])).toEqual(await starts(owner));
	}
});

test('what there is to read is counted as far as allowed, from the end of the span', async () => {
	const zone = 'Europe/Berlin';
	const reach = async (name: string, most: number, values: Values = {}) => {
		const [row] = await ask(name, { zone, most, ...values });
		return [row?.rows, row?.first_whole_day];
	};
	expect(await reach('reach-raw', 10_000)).toEqual([793, '2026-10-25']);
	// 72 events a day, of which the last is half past midnight on 4 November.
	expect(await reach('reach-raw', 200)).toEqual([201, '2026-11-02']);
	expect(await reach('reach-hourly', 10_000, { runtime: nth.runtime(1) })).toEqual([
		264,
		'2026-10-25',
	]);
	expect(await reach('reach-hourly', 100)).toEqual([101, '2026-11-03']);
	expect(await ask('reach-starts', { zone, most: 2 })).toEqual([{ rows: 3 }]);
	const tasks = async (values: Values) => (await askWith(client, 'reach-tasks', values))[0]?.tasks;
	expect(await tasks({ runtime: nth.runtime(2), most: 5 })).toBe(2);
	expect(await tasks({ runtime: nth.runtime(2), most: 0 })).toBe(1);
	expect(await tasks({ workspace: nth.workspace(2), most: 5 })).toBe(2);
	expect(await tasks({ most: 5 })).toBe(0);
});

test('a zone that does not exist is refused by name', async () => {
	await expect(ask('by-day-hourly', { zone: 'Mars/Olympus' })).rejects.toThrow(
		'time zone "Mars/Olympus" not recognized',
	);
	await expect(askWith(client, 'today', { zone: 'Mars/Olympus' })).rejects.toMatchObject({
		code: '22023',
	});
});
