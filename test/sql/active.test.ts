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

/** Users and workspaces by window. */
async function active() {
	const found = await sample(client, 'multica/active');
	return Object.fromEntries(found.map((row) => [row.window, [row.users, row.workspaces]]));
}

/** The same of an older version, which has no table of messages. */
async function withoutChat() {
	await client.query('alter table chat_message rename to hidden');
	const found = await sample(client, 'multica/active', 'tasks-only');
	await client.query('alter table hidden rename to chat_message');
	return Object.fromEntries(found.map((row) => [row.window, [row.users, row.workspaces]]));
}

describe.each([
	['by tasks and chat', active],
	['by tasks alone', withoutChat],
])('%s', (_, count) => {
	test('nobody: each window is zero, not missing', async () => {
		expect(await count()).toEqual({ '5m': [0, 0], '1h': [0, 0], '24h': [0, 0] });
	});

	test('a task is found by its creation, whatever became of it', async () => {
		const created = '4 minutes';
		const became = [
			{ status: 'queued' },
			{ status: 'dispatched', dispatched: '1 s' },
			{ status: 'running', started: '1 minute' },
			...['completed', 'failed', 'cancelled'].map((status) => ({ status, completed: '1 s' })),
		];
		for (const task of became) await rows.task({ ...task, created, issue: await rows.issue() });
		expect(await count()).toEqual({ '5m': [6, 6], '1h': [6, 6], '24h': [6, 6] });
	});

	test('a task created before the window is not in it, though it started or ended inside', async () => {
		const issue = await rows.issue();
		const created = '2 days';
		await rows.task({ status: 'queued', created, issue });
		await rows.task({ status: 'dispatched', created, dispatched: '1 s', issue });
		await rows.task({ status: 'running', created, started: '1 s', issue });
		await rows.task({ status: 'completed', created, started: '1 s', completed: '1 s', issue });
		expect((await count())['24h']).toEqual([0, 0]);
	});

	test('the windows end where they say', async () => {
		for (const created of [
			'4 minutes',
			'6 minutes',
			'59 minutes',
			'61 minutes',
			'23 hours',
			'25 hours',
		]) {
			await rows.task({ status: 'queued', created, issue: await rows.issue() });
		}
		expect(await count()).toEqual({ '5m': [1, 1], '1h': [3, 3], '24h': [5, 5] });
	});

	test('of several tasks, for one issue or for two, the last one counts', async () => {
		const by = { workspace: await rows.workspace(), creator: await rows.user() };
		const issue = await rows.issue(by);
		for (const created of ['2 hours', '1 minute']) {
			await rows.task({ status: 'queued', created, issue });
		}
		await rows.task({ status: 'queued', created: '3 hours', issue: await rows.issue(by) });
		expect((await count())['5m']).toEqual([1, 1]);
	});

	test('an issue of an agent makes its workspace active, and no person', async () => {
		const issue = await rows.issue({ creatorType: 'agent' });
		await rows.task({ status: 'queued', created: '1 minute', issue });
		expect((await count())['5m']).toEqual([0, 1]);
	});

	test('neither a task without an issue nor a session without a message is activity', async () => {
		const chat = await rows.chat();
		await rows.task({ status: 'queued', created: '1 minute', chat });
		await rows.task({ status: 'queued', created: '1 minute', autopilot: true });
		expect((await count())['24h']).toEqual([0, 0]);
	});

	test('counts past the 100 rows that a grouped result may have', async () => {
		await database.rows(
			'insert into workspace (id) select gen_random_uuid() from generate_series(1, 150)',
		);
		await database.rows(
			'insert into "user" (id) select gen_random_uuid() from generate_series(1, 150)',
		);
		await database.rows(`
			insert into issue (workspace_id, creator_id, number)
			select place.id, person.id, n
			from (select id, row_number() over () as n from workspace) as place
			join (select id, row_number() over () as n from "user") as person using (n)`);
		await database.rows(
			`insert into agent (workspace_id, name) select id, 'agent' from workspace limit 1`,
		);
		await database.rows(`
			insert into agent_task_queue (agent_id, issue_id, created_at)
			select (select id from agent), id, now() - interval '1 minute' from issue`);
		expect((await count())['5m']).toEqual([150, 150]);
	});
});

describe('chat', () => {
	test('the windows end where they say', async () => {
		await rows.chat({}, '4 minutes', '2 hours', '2 days');
		await rows.chat({}, '59 minutes');
		await rows.chat({}, '23 hours');
		await rows.chat({}, '25 hours');
		expect(await active()).toEqual({ '5m': [1, 1], '1h': [2, 2], '24h': [3, 3] });
	});

	test('one who chats and opens issues is one person, in one workspace', async () => {
		const by = { workspace: await rows.workspace(), creator: await rows.user() };
		await rows.chat(by, '1 minute', '2 minutes');
		await rows.chat(by, '3 minutes');
		await rows.task({ status: 'queued', created: '1 minute', issue: await rows.issue(by) });
		await rows.task({ status: 'queued', created: '40 minutes', issue: await rows.issue(by) });
		expect(await active()).toEqual({ '5m': [1, 1], '1h': [1, 1], '24h': [1, 1] });
	});

	test('where it exists but may not be read, nothing is said instead of too little', async () => {
		await rows.task({ status: 'queued', created: '1 minute', issue: await rows.issue() });
		expect(await sample(client, 'multica/active', 'tasks-only')).toEqual([]);
	});
});
