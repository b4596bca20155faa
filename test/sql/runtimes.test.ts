import type pg from 'pg';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { sample } from './catalog.ts';
import { queueRows } from './queue-rows.ts';

const database = useDatabase();
const rows = queueRows(database);
let client: pg.Client;

beforeAll(async () => {
	client = await database.client();
});
beforeEach(() => rows.clear());

describe('online', () => {
	test('no runtime, no series', async () => {
		expect(await sample(client, 'multica/runtime-online')).toEqual([]);
	});

	test('is a heartbeat within 60 s, also one from the future, never none', async () => {
		for (const seen of ['59 s', '61 s', '-10 s', undefined]) await rows.runtime(seen);
		expect(await sample(client, 'multica/runtime-online')).toEqual([
			{ runtime_mode: 'local', provider: 'claude', runtimes: 2 },
		]);
	});

	test('names are trimmed and lower-cased before they are looked up', async () => {
		await rows.runtime('1 s', ' Cloud', '\tCODEX \n');
		await rows.runtime('1 s', 'cloud', 'codex');
		await rows.runtime('1 s', 'on a boat', 'multica_agent');
		expect(await sample(client, 'multica/runtime-online')).toEqual([
			{ runtime_mode: 'cloud', provider: 'codex', runtimes: 2 },
			{ runtime_mode: 'unknown', provider: 'multica_agent', runtimes: 1 },
		]);
	});

	test('10,000 hostile providers are one series, and all are counted', async () => {
		const workspace = await rows.workspace();
		await database.rows(
			`insert into agent_runtime (workspace_id, name, runtime_mode, provider, last_seen_at)
			select $1, 'runtime', 'cloud', 'evil"} 1' || chr(10) || n, now() from generate_series(1, 10000) as n`,
			[workspace],
		);
		expect(await sample(client, 'multica/runtime-online')).toEqual([
			{ runtime_mode: 'cloud', provider: 'other', runtimes: 10_000 },
		]);
	});

	test('every provider of the list stands for itself', async () => {
		const providers =
			'antigravity claude codebuddy codex copilot cursor deveco dim dsh gemini grok hermes kimi kiro mcode multica_agent openclaw opencode other pi qoder qoderclicn qwen reasonix traecli'.split(
				' ',
			);
		for (const provider of providers) await rows.runtime('1 s', 'local', provider);
		for (const id of ['multica/runtime-online', 'multica/runtime-fleet']) {
			const found = await sample(client, id);
			expect(found.map((row) => row.provider)).toEqual(providers);
		}
	});
});

test('the fleet by the age of its heartbeat', async () => {
	const ages = ['1 s', '100 s', '110 s', '149 s', '160 s', '2 hours', '4 hours', '6 days'];
	for (const seen of [...ages, '8 days', undefined]) await rows.runtime(seen);
	await rows.runtime('1 s', ' Cloud\n', 'somebody');
	await rows.runtime('1 s', 'cloud', '\tSomebody else ');
	await rows.runtime('1 s', 'cloud', ' CODEX');
	expect(await sample(client, 'multica/runtime-fleet')).toEqual([
		{
			runtime_mode: 'local',
			provider: 'claude',
			known: 8,
			online: 2,
			late: 2,
			silent: 4,
			silent_recently: 2,
		},
		{
			runtime_mode: 'cloud',
			provider: 'other',
			known: 2,
			online: 2,
			late: 0,
			silent: 0,
			silent_recently: 0,
		},
		{
			runtime_mode: 'cloud',
			provider: 'codex',
			known: 1,
			online: 1,
			late: 0,
			silent: 0,
			silent_recently: 0,
		},
	]);
});

describe('heartbeat histogram', () => {
	test('no runtime, no series', async () => {
		expect(await sample(client, 'multica/runtime-heartbeat')).toEqual([]);
	});

	test('is cumulative; the future is age 0; older than 15 minutes and never are not in it', async () => {
		for (const seen of ['-1 hour', '3 s', '50 s', '110 s', '14 minutes', '16 minutes', undefined]) {
			await rows.runtime(seen);
		}
		await rows.runtime('20 s', '\tCLOUD ');
		expect(await sample(client, 'multica/runtime-heartbeat')).toEqual([
			{
				...{ runtime_mode: 'cloud', le_1: 0, le_5: 0, le_15: 0, le_30: 1, le_60: 1, le_120: 1 },
				...{ le_300: 1, le_600: 1, count: 1, sum: expect.closeTo(20, -1) },
			},
			{
				...{ runtime_mode: 'local', le_1: 1, le_5: 2, le_15: 2, le_30: 2, le_60: 3, le_120: 4 },
				...{ le_300: 4, le_600: 4, count: 5, sum: expect.closeTo(1003, -1.5) },
			},
		]);
	});

	test('is exact for any number of runtimes', async () => {
		const workspace = await rows.workspace();
		await database.rows(
			`insert into agent_runtime (workspace_id, name, runtime_mode, provider, last_seen_at)
			select $1, 'runtime', 'local', 'claude', now() - interval '200 s' from generate_series(1, 2500)`,
			[workspace],
		);
		const [found] = await sample(client, 'multica/runtime-heartbeat');
		expect([found?.le_120, found?.le_300, found?.count]).toEqual([0, 2500, 2500]);
	});
});

test('workspaces are counted whole', async () => {
	expect(await sample(client, 'multica/workspace-total')).toEqual([{ workspaces: 0 }]);
	await database.rows(
		'insert into workspace (id) select gen_random_uuid() from generate_series(1, 250)',
	);
	expect(await sample(client, 'multica/workspace-total')).toEqual([{ workspaces: 250 }]);
});
