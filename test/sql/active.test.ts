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
async function active(variant = '') {
	const found = await sample(client, 'multica/active', variant);
	return Object.fromEntries(found.map((row) => [row.window, [row.users, row.workspaces]]));
}

test('nobody: each window is zero, not missing', async () => {
	expect(await active()).toEqual({ '5m': [0, 0], '1h': [0, 0], '24h': [0, 0] });
});

test('a task is found by its creation, whatever became of it', async () => {
	const issues = {
		queued: await rows.issue(),
		dispatched: await rows.issue(),
		running: await rows.issue(),
		completed: await rows.issue(),
		cancelled: await rows.issue(),
	};
	const created = '4 minutes';
	await rows.task({ status: 'queued', created, issue: issues.queued });
	await rows.task({ status: 'dispatched', created, dispatched: '1 s', issue: issues.dispatched });
	await rows.task({ status: 'running', created, started: '1 minute', issue: issues.running });
	await rows.task({ status: 'completed', created, completed: '1 s', issue: issues.completed });
	await rows.task({ status: 'cancelled', created, completed: '1 s', issue: issues.cancelled });
	expect(await active()).toEqual({ '5m': [5, 5], '1h': [5, 5], '24h': [5, 5] });
});

test('a task created before the window is not in it, though it started or ended inside', async () => {
	const issue = await rows.issue();
	const created = '2 days';
	await rows.task({ status: 'queued', created, issue });
	await rows.task({ status: 'dispatched', created, dispatched: '1 s', issue });
	await rows.task({ status: 'running', created, started: '1 s', issue });
	await rows.task({ status: 'completed', created, started: '1 s', completed: '1 s', issue });
	expect((await active())['24h']).toEqual([0, 0]);
});

test('the windows are one within the other', async () => {
	await rows.chat({}, '4 minutes', '2 days');
	await rows.chat({}, '50 minutes');
	await rows.chat({}, '23 hours');
	await rows.chat({}, '25 hours');
	expect(await active()).toEqual({ '5m': [1, 1], '1h': [2, 2], '24h': [3, 3] });
});

test('one who chats and opens issues is one person, in one workspace', async () => {
	const workspace = await rows.workspace();
	const creator = await rows.user();
	await rows.chat({ workspace, creator }, '1 minute', '2 minutes');
	await rows.chat({ workspace, creator }, '3 minutes');
	const issue = await rows.issue({ workspace, creator });
	await rows.task({ status: 'queued', created: '1 minute', issue });
	await rows.task({ status: 'queued', created: '40 minutes', issue });
	expect(await active()).toEqual({ '5m': [1, 1], '1h': [1, 1], '24h': [1, 1] });
});

test('an issue of an agent makes its workspace active, and no person', async () => {
	const issue = await rows.issue({ creatorType: 'agent' });
	await rows.task({ status: 'queued', created: '1 minute', issue });
	expect((await active())['5m']).toEqual([0, 1]);
});

test('neither a task without an issue nor a session without a message is activity', async () => {
	const chat = await rows.chat();
	await rows.task({ status: 'queued', created: '1 minute', chat });
	await rows.task({ status: 'queued', created: '1 minute', autopilot: true });
	expect((await active())['24h']).toEqual([0, 0]);
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
		select place.id, person.id, n from (select id, row_number() over () as n from workspace) as place
		join (select id, row_number() over () as n from "user") as person using (n)`);
	await database.rows(
		'insert into agent (workspace_id, name) select id, $1 from workspace limit 1',
		['agent'],
	);
	await database.rows(`
		insert into agent_task_queue (agent_id, issue_id, created_at)
		select (select id from agent), id, now() - interval '1 minute' from issue`);
	expect((await active())['5m']).toEqual([150, 150]);
});

describe('where there is no chat', () => {
	test('tasks alone are the truth', async () => {
		await rows.task({ status: 'queued', created: '1 minute', issue: await rows.issue() });
		// As in an older version, which has no such table.
		await client.query('alter table chat_message rename to hidden');
		const found = await active('tasks-only');
		await client.query('alter table hidden rename to chat_message');
		expect(found).toEqual({ '5m': [1, 1], '1h': [1, 1], '24h': [1, 1] });
	});

	test('and where chat exists but may not be read, nothing is said', async () => {
		await rows.task({ status: 'queued', created: '1 minute', issue: await rows.issue() });
		expect(await active('tasks-only')).toEqual({});
	});
});
