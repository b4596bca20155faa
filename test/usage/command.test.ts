import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { usage } from '../../source/commands/usage.ts';
import { usageSchema } from '../../source/commands/usage-schema.ts';
import { runCommand } from '../commands/run-command.ts';
import { nth } from '../rollup/world.ts';
import { useDatabase } from '../support/database.ts';
import { dayBefore, noon, refill, seedTwoDays } from './two-days.ts';

const database = useDatabase();
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(usageSchema);

beforeAll(async () => {
	await database.rows(`insert into "user" (id, timezone) values
		('${nth.project(7)}', 'Asia/Tokyo'), ('${nth.project(8)}', 'Mars/Olympus'), ('${nth.project(9)}', null)`);
});

beforeEach(() => seedTwoDays(database));

const undo: string[] = [];
afterEach(async () => {
	for (const sql of undo.splice(0)) await database.rows(sql);
});

type Flags = Readonly<Record<string, string | boolean>>;
const run = (flags: Flags = {}, env: Readonly<Record<string, string>> = {}) =>
	runCommand(usage, {
		url: database.url,
		flags: { tz: 'UTC', ...flags },
		env: { LANG: 'C.UTF-8', ...env },
	});

async function json(flags: Flags = {}, env?: Readonly<Record<string, string>>) {
	const { status, out } = await run({ ...flags, json: true }, env);
	const document = JSON.parse(out);
	expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
	expect(status).toBe(0);
	return document;
}

test('publishes the schema: docs/usage.schema.json is what --schema prints', async () => {
	const { out } = await runCommand(usage, { flags: { schema: true } });
	const published = new URL('../../docs/usage.schema.json', import.meta.url);
	expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(JSON.parse(out));
});

test('a new value of a list that the schema has raises its version: readers of the old one refuse it', () => {
	const lists = JSON.stringify(usageSchema).match(/(?<="enum":)\[.*?\]/g) ?? [];
	expect([usageSchema.$id, ...new Set(lists)]).toEqual([
		'urn:tidemark:usage:2',
		'["all","runtime","workspace"]',
		'["asked","user","settings","terminal","utc","daily-rollup"]',
		'["hourly","daily","raw"]',
		'["hourly","daily","raw",null]',
		'["ok","warn","critical","unknown"]',
		'["day","week","agent","model","hour"]',
	]);
});

test.each(['day', 'week', 'agent', 'model', 'hour'])(
	'by %s: the same sums, in the published shape',
	async (by) => {
		const document = await json({ by, days: '30' });
		expect(document).toMatchObject({
			source: { name: 'hourly', isAsked: false },
			comparison: { with: 'raw', severity: 'ok', sentence: 'raw usage says the same' },
			total: { inputTokens: 330, outputTokens: 6, events: 6 },
			isCut: false,
		});
		const sum = (part: string) =>
			document.rows.reduce(
				(total: number, row: Record<string, Record<string, number>>) =>
					total + (row[part]?.inputTokens ?? 0),
				0,
			);
		expect([sum('usage'), sum('other'), sum('rawMinusRollup')]).toEqual([330, 330, 0]);
		if (by === 'hour') {
			expect(document.rows[12]).toMatchObject({ hour: 12, taskStarts: 3, usage: { events: 6 } });
			expect(document.heatMap).toMatchObject({ isFolded: true, lines: { length: 7 } });
		}
		if (by === 'agent')
			expect(document.rows[0]).toMatchObject({
				name: 'agent-2',
				model: 'opus',
				usage: { inputTokens: 200 },
			});
	},
);

test('a runtime by its name, a workspace by its id', async () => {
	const ofRuntime = await json({ runtime: 'rt-1' });
	expect(ofRuntime).toMatchObject({
		subject: { kind: 'runtime', id: nth.runtime(1), name: 'rt-1' },
		total: { inputTokens: 110 },
	});
	const ofWorkspace = await json({ workspace: nth.workspace(2), source: 'raw' });
	expect(ofWorkspace).toMatchObject({
		subject: { kind: 'workspace', id: nth.workspace(2), name: null },
		source: { name: 'raw', isAsked: true },
		comparison: { with: 'hourly' },
		total: { inputTokens: 220 },
	});
});

test('without any usage it says so, and nothing is late', async () => {
	await database.rows(`truncate task_usage, task_usage_hourly;
		update task_usage_hourly_rollup_state set watermark_at = 'epoch'`);
	const { out } = await run();
	expect(out).toContain(
		'from the hourly rollup, which was never filled  (there is no raw usage to fill it from)',
	);
	expect(out).toContain('● raw usage says the same: nothing was used');
	expect(out).not.toContain('not rolled up');
	await database.rows('update agent_task_queue set started_at = null');
	expect((await run({ by: 'hour' })).out).not.toContain('a full bar');
});

describe('where the rollup does not say what raw usage says', () => {
	test('an empty one is told from no usage', async () => {
		await database.rows(
			'truncate task_usage_hourly; update task_usage_hourly_rollup_state set watermark_at = now()',
		);
		const { out, status } = await run();
		expect(status).toBe(0);
		expect(out).toContain('✖ the hourly rollup says 0 where raw usage has 336 tokens in 6 events');
		expect(out).toMatch(new RegExp(`^${dayBefore(1)} \\w+ +0 +0 +0 +0 +0 +\\+33$`, 'm'));
	});

	test('a wrong day is told from one that the rollup has not got to', async () => {
		await database.rows(
			`update task_usage_hourly set input_tokens = input_tokens + 5 where bucket_hour = ${noon(2)}`,
		);
		expect(await json()).toMatchObject({
			comparison: {
				severity: 'warn',
				sentence:
					'the hourly rollup differs on 1 day before its watermark: it has 15 tokens too many; what changed there lately comes with the next tick, tidemark verify tells the rest',
			},
		});
		await database.rows(`delete from task_usage_hourly where bucket_hour >= ${noon(1)};
			update task_usage_hourly set input_tokens = input_tokens - 5;
			update task_usage_hourly_rollup_state set watermark_at = ${noon(1)} - interval '1 hour'`);
		const late = await json({ source: 'hourly' });
		expect(late.comparison).toMatchObject({
			severity: 'warn',
			sentence:
				'the hourly rollup has not got to 1 day beyond its watermark: raw usage has 33 tokens in 3 events more',
		});
		expect(late.rows.map((row: { day: string; isFinal: boolean }) => row.isFinal)).toEqual([
			true,
			true,
			true,
			true,
			true,
			false,
			false,
		]);
		// An hour behind is too much to be read unasked.
		expect((await json()).source).toMatchObject({ name: 'daily' });
	});

	test('raw usage is read where the instance reads it', async () => {
		const off = await json({}, { USAGE_DAILY_ROLLUP_ENABLED: 'false' });
		expect(off.source).toMatchObject({
			name: 'raw',
			reason: 'USAGE_DAILY_ROLLUP_ENABLED is false',
		});
		expect(off.rows.map((row: { isFinal: boolean }) => row.isFinal).slice(-2)).toEqual([
			true,
			false,
		]);
	});
});

describe('whose days', () => {
	test("are the user's, and a zone that there is not is told", async () => {
		const user = (n: number) => ({ user: nth.project(n), days: '3', tz: undefined as never });
		expect((await json(user(7))).zone).toEqual({ name: 'Asia/Tokyo', origin: 'user' });
		expect((await json(user(8))).notes[0]).toMatch(
			/^the user has a time zone that there is not: "Mars\/Olympus"; these are days of /,
		);
		expect((await json(user(9))).notes[0]).toMatch(/^the user has set no time zone/);
	});

	test('of the daily rollup are its own, whoever looks', async () => {
		await database.rows("update task_usage_rollup_state set time_zone = 'Pacific/Auckland'");
		await refill(database);
		undo.push("update task_usage_rollup_state set time_zone = 'UTC'");
		const document = await json({ source: 'daily', tz: 'America/New_York' });
		expect(document).toMatchObject({
			zone: { name: 'Pacific/Auckland', origin: 'daily-rollup' },
			comparison: { severity: 'ok', with: 'raw' },
			notes: [
				"the daily rollup has days of Pacific/Auckland: they can't be cut anew for America/New_York",
			],
		});
	});

	test('of the daily rollup are compared to the minute, at half an hour too', async () => {
		await database.rows(`update task_usage_rollup_state set time_zone = 'Asia/Kolkata';
			update task_usage set created_at = created_at + interval '6 hours 40 minutes' where model = 'opus'`);
		await refill(database);
		undo.push("update task_usage_rollup_state set time_zone = 'UTC'");
		const daily = await json({ source: 'daily', tz: 'Asia/Kolkata' });
		expect(daily.comparison).toMatchObject({ severity: 'ok', with: 'raw' });
		const rows = daily.rows.map(({ usage: { inputTokens } }: never) => inputTokens);
		await database.rows('alter table task_usage_hourly_rollup_state rename to elsewhere');
		undo.push('alter table elsewhere rename to task_usage_hourly_rollup_state');
		const raw = await json({ source: 'raw', tz: 'Asia/Kolkata' });
		expect(raw).toMatchObject({ comparison: { severity: 'ok', with: 'daily' }, notes: [] });
		expect(raw.rows.map(({ usage: { inputTokens } }: never) => inputTokens)).toEqual(rows);
		const models = await json({ source: 'raw', by: 'model', tz: 'Asia/Kolkata' });
		expect(models.rows.map(({ rawMinusRollup }: never) => rawMinusRollup)).toEqual(
			models.rows.map(() => expect.objectContaining({ inputTokens: 0 })),
		);
	});

	test('at half an hour, cut hours of UTC, and the note says so', async () => {
		const document = await json({ tz: 'Asia/Kolkata' });
		expect(document.notes).toEqual([expect.stringContaining('hours of Asia/Kolkata cut')]);
		expect(document.comparison.severity).toBe('ok');
	});
});

describe('what can not be had is one sentence', () => {
	test.each([
		[{ runtime: 'nobody' }, 'no runtime here has the id or the name "nobody"'],
		[
			{ workspace: "x'; drop table workspace; --" },
			'no workspace here has the id or the name "x\'; drop table workspace; --"',
		],
		[
			{ user: 'nobody' },
			'no user here has the id "nobody", or the address where those can be read',
		],
		[{ by: 'bucket' }, '--by of usage is one of day, week, agent, model, hour; it is "bucket"'],
		[
			{ tz: 'Mars/Olympus' },
			'--tz is a time zone such as Europe/Berlin or UTC; it is "Mars/Olympus"',
		],
	])('%j', async (flags, sentence) => {
		await expect(run(flags)).rejects.toMatchObject({ kind: 'config', message: sentence });
	});

	test('a name that several have', async () => {
		await database.rows("update agent_runtime set name = 'twin'");
		await expect(run({ runtime: 'twin' })).rejects.toMatchObject({
			kind: 'config',
			message: `2 runtimes are called "twin": say which by its id: ${nth.runtime(1)}, ${nth.runtime(2)}`,
		});
	});

	test('a table that is not here, and the rollup that is', async () => {
		await database.rows('alter table task_usage_hourly rename to elsewhere');
		undo.push('alter table elsewhere rename to task_usage_hourly');
		await expect(run({ source: 'hourly' })).rejects.toMatchObject({
			kind: 'query',
			message: "the hourly rollup can't be read: not in this database: no table task_usage_hourly",
		});
	});
});

test('without the privilege, one sentence says what is missing and what is to be done', async () => {
	const role = `usage_${database.name}`;
	const address = new URL(database.url);
	[address.username, address.password] = [role, 'none'];
	await database.rows(`create role ${role} login password 'none'`);
	await database.rows(`grant select on all tables in schema public to ${role}`);
	await database.rows(`revoke all on task_usage, agent_task_queue from ${role}`);
	undo.push(`drop owned by ${role}`, `drop role ${role}`);
	const asked = (flags: Flags) =>
		runCommand(usage, { url: address.href, flags: { tz: 'UTC', ...flags } });
	await expect(asked({ source: 'raw' })).rejects.toMatchObject({
		kind: 'query',
		message: "raw usage can't be read: no privilege: GRANT SELECT ON task_usage to this role",
	});
});

test('names from the database can not take over the terminal', async () => {
	await database.rows(`update agent_runtime set name = E'\\x1b]0;owned\\x07' || id`);
	await database.rows(`update agent set name = E'\\x1b[2Jwiped\\u202e'`);
	await database.rows(`update task_usage set model = E'\\x1b[31mred\\n' || model`);
	await refill(database);
	const { out } = await run({ by: 'agent', runtime: nth.runtime(1) });
	expect(out).toContain('wiped');
	expect(out).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
});
