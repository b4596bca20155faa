import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { sqlDirectory } from '../../source/lib/sql-directory.ts';
import { useDatabase } from '../support/database.ts';
import { nth, resetSql } from './world.ts';

const database = useDatabase();
let client: pg.Client;

const read = (name: string) => readFileSync(join(sqlDirectory(), 'usage', `${name}.sql`), 'utf8');
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
		`update agent_task_queue set started_at = '2026-11-01 05:30Z'::timestamptz + (id = '${nth.task(1)}')::int * interval '1 hour'`,
	);
	await database.rows("call tidemark_backfill('hourly')");
	await database.rows("call tidemark_backfill('daily')");
});

const ask = async (
	name: string,
	zone: string,
	runtime: string | null = null,
	workspace: string | null = null,
	days = [first, last],
) => (await client.query(read(name), [runtime, workspace, ...days, zone])).rows;

/** The days that raw events fall on for a person in the zone, worked out without a database. */
async function localDays(zone: string): Promise<Map<string, number>> {
	const { rows } = await client.query(
		'select created_at as at, input_tokens::int as tokens from task_usage',
	);
	const format = new Intl.DateTimeFormat('en-CA', {
		timeZone: zone,
		year: 'numeric',
		month: '2-digit',
		day: '2-digit',
	});
	const days = new Map<string, number>();
	for (const { at, tokens } of rows)
		days.set(format.format(at), (days.get(format.format(at)) ?? 0) + tokens);
	return days;
}

describe.each(zones)('in %s', (zone) => {
	test.each(['by-day', 'by-agent', 'by-hour-of-day'])(
		'%s: raw usage and the rollup give the same answer',
		async (name) => {
			for (const [runtime, workspace] of [
				[null, null],
				[nth.runtime(2), null],
				[null, nth.workspace(1)],
			] as const) {
				const raw = await ask(`${name}.raw`, zone, runtime, workspace);
				expect(raw.length).toBeGreaterThan(1);
				expect(await ask(`${name}.hourly`, zone, runtime, workspace)).toEqual(raw);
			}
		},
	);
});

// Where the offset is a whole number of hours, the hours of the rollup are exact.
test.each(zones.slice(0, 4))(
	'days in %s are cut where the clock is, on days of 23 and 25 hours too',
	async (zone) => {
		const totals = new Map<string, number>();
		const { rows } = await client.query({
			text: read('by-day.hourly').replace('as day', '::text as day'),
			values: [null, null, first, last, zone],
		});
		for (const { day, input_tokens } of rows)
			totals.set(day, (totals.get(day) ?? 0) + Number(input_tokens));
		expect(totals).toEqual(await localDays(zone));
	},
);

test('a range holds whole days of the zone and no more', async () => {
	const count = async (zone: string, day: string) =>
		(await ask('by-hour-of-day.hourly', zone, null, null, [day, day])).reduce(
			(sum, row) => sum + Number(row.event_count),
			0,
		);
	expect(await count('America/New_York', '2026-11-01')).toBe(25 * 3);
	expect(await count('America/New_York', '2026-10-31')).toBe(24 * 3);
	expect(await count('Europe/Berlin', '2026-10-25')).toBe(25 * 3);
	expect(await count('America/Havana', '2026-11-01')).toBe(25 * 3);
});

test('by hour of the day all 24 hours come, and the hour that is had twice counts twice', async () => {
	const rows = await ask('by-hour-of-day.hourly', 'America/New_York', null, null, [
		'2026-11-01',
		'2026-11-01',
	]);
	expect(rows.map((row) => Number(row.event_count))).toEqual([
		3,
		6,
		...Array.from({ length: 22 }, () => 3),
	]);
});

test('the daily rollup answers by days of the database', async () => {
	const { rows } = await client.query(read('by-day.daily'), [null, null, first, last]);
	expect(rows).toEqual(await ask('by-day.raw', 'UTC'));
});

test('task starts by hour are those of the zone', async () => {
	const starts = async (zone: string, runtime: string | null = null) =>
		(await ask('task-starts-by-hour', zone, runtime))
			.filter((row) => row.starts !== '0')
			.map((row) => [row.hour, Number(row.starts)]);
	expect(await starts('UTC')).toEqual([
		[5, 2],
		[6, 1],
	]);
	// 05:30Z is 1:30 before the clock goes back, 06:30Z is 1:30 after.
	expect(await starts('America/New_York')).toEqual([[1, 3]]);
	expect(await starts('Asia/Kolkata', nth.runtime(2))).toEqual([
		[11, 1],
		[12, 1],
	]);
});

test('a zone that does not exist is refused by name', async () => {
	await expect(ask('by-day.hourly', 'Mars/Olympus')).rejects.toThrow(
		'time zone "Mars/Olympus" not recognized',
	);
});
