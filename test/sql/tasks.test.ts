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

const sources = [
	'api',
	'autopilot',
	'autopilot_issue',
	'chat',
	'issue',
	'manual',
	'other',
	'quick_create',
];

test.each([
	['multica/task-queued', { status: 'queued' }],
	['multica/task-running', { status: 'running', started: '1 hour' }],
	['multica/task-stuck', { status: 'running', started: '1 hour' }],
])('%s: the first mark that holds is the source', async (id, task) => {
	const issue = await rows.issue();
	const chat = await rows.chat();
	await rows.task({ ...task, chat, issue, autopilot: true });
	for (const _ of [1, 2]) await rows.task({ ...task, issue, autopilot: true });
	for (const _ of [1, 2, 3]) await rows.task({ ...task, issue });
	for (const _ of [1, 2, 3, 4]) await rows.task(task);
	const found = await sample(client, id);
	expect(new Set(found.map((row) => row.source))).toEqual(new Set(sources));
	expect(found.filter((row) => row.tasks !== 0).map((row) => [row.source, row.tasks])).toEqual([
		['other', 4],
		['issue', 3],
		['autopilot', 2],
		['chat', 1],
	]);
});

describe('queued', () => {
	test('knows every source although nothing waits', async () => {
		expect(await sample(client, 'multica/task-queued')).toEqual(
			sources.map((source) => ({ source, tasks: 0, oldest_seconds: null })),
		);
	});

	test('only what is queued, and how long the oldest has waited', async () => {
		const issue = await rows.issue();
		await rows.task({ status: 'queued', issue, created: '90 s' });
		await rows.task({ status: 'queued', issue, created: '10 s' });
		for (const status of ['dispatched', 'running', 'completed', 'deferred']) {
			await rows.task({ status, issue });
		}
		const found = await sample(client, 'multica/task-queued');
		expect(found.filter((row) => row.tasks !== 0)).toEqual([
			{ source: 'issue', tasks: 2, oldest_seconds: expect.closeTo(90, -1) },
		]);
	});

	test('a task from the future has waited for nothing', async () => {
		await rows.task({ status: 'queued', created: '-1 hour' });
		expect((await sample(client, 'multica/task-queued'))[0]).toEqual({
			source: 'other',
			tasks: 1,
			oldest_seconds: 0,
		});
	});
});

describe('at work', () => {
	test('every source in every mode, zero where there is none', async () => {
		const found = await sample(client, 'multica/task-running');
		expect(found).toHaveLength(sources.length * 3);
		expect(found.every((row) => row.tasks === 0)).toBe(true);
		expect(new Set(found.map((row) => row.runtime_mode))).toEqual(
			new Set(['local', 'cloud', 'unknown']),
		);
	});

	test('counts dispatched and running by the mode of their runtime', async () => {
		const issue = await rows.issue();
		const local = await rows.runtime('1 s', ' LOCAL\n');
		const cloud = await rows.runtime('1 s', 'cloud');
		const odd = await rows.runtime('1 s', 'moon base');
		await rows.task({ status: 'running', started: '5 s', runtime: local, issue });
		await rows.task({ status: 'dispatched', dispatched: '5 s', runtime: local, issue });
		await rows.task({ status: 'running', started: '5 s', runtime: cloud, issue });
		await rows.task({ status: 'running', started: '5 s', runtime: odd, issue });
		await rows.task({ status: 'running', started: '5 s', issue });
		await rows.task({ status: 'queued', runtime: cloud, issue });
		await rows.task({ status: 'waiting_local_directory', runtime: cloud, issue });
		const found = await sample(client, 'multica/task-running');
		expect(found.filter((row) => row.tasks !== 0)).toEqual([
			{ source: 'issue', runtime_mode: 'local', tasks: 2 },
			{ source: 'issue', runtime_mode: 'unknown', tasks: 2 },
			{ source: 'issue', runtime_mode: 'cloud', tasks: 1 },
		]);
	});
});

test('stuck: running for more than 30 minutes', async () => {
	await rows.task({ status: 'running', started: '31 minutes' });
	for (const _ of [1, 2]) await rows.task({ status: 'running', started: '29 minutes' });
	await rows.task({ status: 'running' });
	await rows.task({ status: 'completed', started: '2 hours', completed: '1 hour' });
	const found = await sample(client, 'multica/task-stuck');
	expect(found).toHaveLength(sources.length);
	expect(found.filter((row) => row.tasks !== 0)).toEqual([{ source: 'other', tasks: 1 }]);
});

test('dispatched and not started', async () => {
	expect(await sample(client, 'multica/task-dispatched')).toEqual([
		{ tasks: 0, late: 0, overdue: 0, oldest_seconds: null },
	]);
	for (const dispatched of ['10 s', '61 s', '5 minutes']) {
		await rows.task({ status: 'dispatched', dispatched });
	}
	await rows.task({ status: 'dispatched' });
	await rows.task({ status: 'running', dispatched: '1 hour', started: '1 hour' });
	expect(await sample(client, 'multica/task-dispatched')).toEqual([
		{ tasks: 4, late: 2, overdue: 1, oldest_seconds: expect.closeTo(300, -1) },
	]);
});

test('running tasks are told apart by the silence of their runtime', async () => {
	const nothing = {
		on_silent_runtime: 0,
		silent_runtimes: 0,
		longest_silence_seconds: null,
		without_runtime: 0,
		over_thirty_minutes: 0,
	};
	expect(await sample(client, 'multica/task-orphaned')).toEqual([nothing]);
	const live = await rows.runtime('140 s');
	const silent = await rows.runtime('10 minutes');
	const neverSeen = await rows.runtime(undefined);
	await rows.task({ status: 'running', started: '10 s', runtime: live });
	await rows.task({ status: 'running', started: '40 minutes', runtime: live });
	await rows.task({ status: 'running', started: '40 minutes', runtime: silent });
	await rows.task({ status: 'running', started: '1 minute', runtime: silent });
	await rows.task({ status: 'running', started: '1 minute', runtime: neverSeen });
	await rows.task({ status: 'running', started: '5 minutes', runtime: neverSeen });
	await rows.task({ status: 'running', started: '40 minutes' });
	await rows.task({ status: 'queued', runtime: silent });
	expect(await sample(client, 'multica/task-orphaned')).toEqual([
		{
			on_silent_runtime: 3,
			silent_runtimes: 2,
			longest_silence_seconds: expect.closeTo(600, -1),
			without_runtime: 1,
			over_thirty_minutes: 1,
		},
	]);
});

test('flow: what came and what went in the last minute, whatever its status is by now', async () => {
	expect(await sample(client, 'multica/task-flow')).toEqual([
		{ created: 0, finished: 0, failed: 0 },
	]);
	const now = { created: '30 s', dispatched: '25 s', started: '20 s', completed: '5 s' };
	const before = { ...now, created: '2 minutes' };
	for (const created of ['30 s', '2 minutes']) {
		await rows.task({ status: 'queued', created });
		await rows.task({ status: 'dispatched', created, dispatched: '20 s' });
		await rows.task({ status: 'running', created, started: '10 s' });
	}
	await rows.task({ status: 'completed', ...now });
	for (const each of [now, before]) await rows.task({ status: 'failed', ...each });
	// Cancelled before anybody took it.
	await rows.task({ status: 'cancelled', created: '30 s', completed: '5 s' });
	await rows.task({ status: 'completed', created: '9 minutes', completed: '2 minutes' });
	expect(await sample(client, 'multica/task-flow')).toEqual([
		{ created: 6, finished: 4, failed: 2 },
	]);
});
