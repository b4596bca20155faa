import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ActionDesk } from '../../source/actions/desk.ts';
import type { DeskPhase } from '../../source/actions/desk-state.ts';
import { readReceipts } from '../../source/actions/receipts.ts';
import { useDatabase } from '../support/database.ts';
import { targetOf } from '../support/target.ts';
import { actionSessions, isHeld, until } from './stage.ts';
import { seedWorld } from './world.ts';

const database = useDatabase();
let client: Client;
let folder: string;
let desk: ActionDesk;
/** A clock of the test's own: each key comes a second after the one before. */
let nowMs: number;

beforeAll(async () => {
	client = await database.client();
	await seedWorld(client, { from: '20 days', to: '2 hours', tasks: 100, usage: 300 });
});
beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), 'tidemark-desk-'));
	await client.query('truncate task_usage_hourly, task_usage_hourly_dirty');
	await client.query(
		`select rollup_task_usage_hourly_window('-infinity', now() - interval '5 minutes')`,
	);
	await client.query(
		`update task_usage_hourly_rollup_state set watermark_at = now() - interval '6 minutes'`,
	);
	desk = deskFor(false);
	nowMs = performance.now() + 1_000_000;
});
afterEach(async () => {
	await desk.end();
	rmSync(folder, { recursive: true, force: true });
});

const deskFor = (isReadOnly: boolean): ActionDesk =>
	new ActionDesk({ target: targetOf(database.url), where: 'prod', folder, policy: { isReadOnly } });

const press = (...keys: string[]): void => {
	for (const key of keys) {
		nowMs += 1000;
		desk.press(key, nowMs);
	}
};

/** Resolves with the first phase of this kind. */
const when = <Kind extends DeskPhase['kind']>(
	kind: Kind,
): Promise<Extract<DeskPhase, { kind: Kind }>> =>
	new Promise((resolve) => {
		const look = () => {
			const { phase } = desk.state();
			if (phase.kind !== kind) return;
			unsubscribe();
			resolve(phase as Extract<DeskPhase, { kind: Kind }>);
		};
		const unsubscribe = desk.subscribe(look);
		look();
	});

test('lists every action of every pipeline, and keeps no connection for that', async () => {
	desk.open(undefined);
	await when('choosing');
	const { items } = desk.state();
	expect(items).toHaveLength(18);
	expect(items.every(({ reason }) => reason === undefined)).toBe(true);
	await until(
		client,
		`select not exists (select from pg_stat_activity where application_name = 'tidemark-action' and datname = current_database())`,
	);
});

test('opens at what a diagnosis names', async () => {
	desk.open('repair --pipeline daily');
	await when('choosing');
	const { items, selected } = desk.state();
	expect(items[selected]).toMatchObject({ action: 'repair', pipeline: 'daily' });
});

test('a tick is planned, asked about with the focus on Cancel, run, and has a receipt', async () => {
	desk.open('tick --pipeline hourly');
	await when('choosing');
	press('return');
	const { confirmation, lines } = await when('asking');
	expect(confirmation.focus).toBe('cancel');
	expect(lines[0]).toContain('watermark');
	// The goodbye is said; the server's own process may take a moment to be gone.
	await expect.poll(() => actionSessions(client)).toEqual([]);
	press('return');
	expect((await when('choosing')).notice).toBe('Nothing was done.');
	press('return');
	await when('asking');
	press('tab', 'return');
	const ended = await when('ended');
	expect(ended.isWell).toBe(true);
	expect(readReceipts(folder)).toMatchObject([{ action: 'tick', outcome: 'done' }]);
});

test.each(['tick', 'replay', 'verify', 'repair', 'backfill', 'prune'])(
	'esc while a %s is looked at leaves it undone, at once',
	async (action) => {
		const other = await database.client();
		await other.query(
			'begin; lock table task_usage, task_usage_hourly_dirty in access exclusive mode',
		);
		desk.open(`${action} --pipeline hourly`);
		await when('choosing');
		press('return');
		await until(
			client,
			`select exists (select from pg_stat_activity where application_name = 'tidemark-action' and wait_event_type = 'Lock' and datname = current_database())`,
		);
		press('escape');
		const ended = await when('ended');
		expect(ended.lines).toEqual(['Stopped: nothing was done.']);
		expect(readReceipts(folder)).toEqual([]);
		await other.query('rollback');
	},
);

test('a repair wants the name of the target, and repairs', async () => {
	await client.query(`update task_usage_hourly set input_tokens = 1
		where ctid = any (array(select ctid from task_usage_hourly order by bucket_hour desc limit 3))`);
	desk.open('repair --pipeline hourly');
	await when('choosing');
	press('return');
	expect((await when('asking')).rung).toEqual({ kind: 'name', name: 'prod' });
	press(...'prod', 'return');
	const ended = await when('ended');
	expect(ended.lines.join('\n')).toContain('0 drifted, 0 ghosts');
});

test('a prune wants the name, and how many rows are pruned', async () => {
	await client.query(
		`insert into task_usage_hourly_dirty (bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model, enqueued_at)
		select bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model, now() - interval '8 days'
		from task_usage_hourly order by bucket_hour limit 2`,
	);
	desk.open('prune --pipeline hourly');
	await when('choosing');
	press('return');
	const rung = { kind: 'name-and-rows', name: 'prod', rows: 2, fate: 'pruned' };
	expect((await when('asking')).rung).toEqual(rung);
	press(...'prod', 'return', '2', 'return');
	expect((await when('ended')).isWell).toBe(true);
	expect((await client.query('select from task_usage_hourly_dirty')).rowCount).toBe(0);
});

test('a replay is of what nobody fills any more: it holds though usage arrives meanwhile', async () => {
	await client.query(
		"update task_usage_hourly set output_tokens = 0 where bucket_hour between now() - interval '20 hours' and now() - interval '6 hours'",
	);
	const use = (model: string) =>
		client.query(
			`insert into task_usage (task_id, provider, model, input_tokens) select id, 'claude', '${model}', 1 from agent_task_queue`,
		);
	await use('before');
	desk.open('replay --pipeline hourly');
	await when('choosing');
	press('return');
	await when('asking');
	await use('meanwhile');
	press(...'prod', 'return');
	const ended = await when('ended');
	await client.query(`delete from task_usage where model in ('before', 'meanwhile')`);
	expect(ended.lines.join('\n')).toMatch(/^Done in /);
});

test('verifying asks nobody and says what it found', async () => {
	await client.query(
		"update task_usage_hourly set output_tokens = 0 where bucket_hour > now() - interval '12 hours'",
	);
	desk.open('verify --pipeline hourly');
	await when('choosing');
	press('return');
	const ended = await when('ended');
	expect(ended.isWell).toBe(false);
	expect(ended.lines.join('\n')).toMatch(/drift +[1-9]/);
});

test('a backfill can be paused and stopped; the lock is free, and it says how to go on', async () => {
	const other = await database.client();
	await other.query('begin; lock table task_usage_hourly in share mode');
	desk.open('backfill --pipeline hourly');
	await when('choosing');
	press('return');
	await when('asking');
	press(...'prod', 'return');
	await until(
		client,
		`select exists (select from pg_stat_activity where application_name = 'tidemark-action' and wait_event_type = 'Lock' and datname = current_database())`,
	);
	expect((await when('running')).isPaused).toBe(false);
	press('p');
	expect((await when('running')).isPaused).toBe(true);
	press('escape');
	const ended = await when('ended');
	await other.query('rollback');
	expect(ended.isWell).toBe(false);
	expect(ended.lines.join('\n')).toContain(
		'To go on: tidemark backfill --pipeline hourly --resume',
	);
	await until(client, `select not (${isHeld(4246)})`);
	desk.open(undefined);
	await when('choosing');
	expect(desk.state().leftBehind[0]).toMatch(/^An earlier backfill of hourly/);
});

test('leaving the console stops what runs, and tells how to go on', async () => {
	const other = await database.client();
	await other.query('begin; lock table task_usage_hourly in share mode');
	desk.open('backfill --pipeline hourly');
	await when('choosing');
	press('return');
	await when('asking');
	press(...'prod', 'return');
	await until(
		client,
		`select exists (select from pg_stat_activity where application_name = 'tidemark-action' and wait_event_type = 'Lock' and datname = current_database())`,
	);
	expect(await desk.end()).toContain('--resume');
	await other.query('rollback');
	await until(client, `select not (${isHeld(4246)})`);
});

test('what cannot be had is listed with its reason, and is not begun', async () => {
	desk = deskFor(true);
	desk.open('tick --pipeline hourly');
	await when('choosing');
	const reasons = desk.state().items.map(({ action, reason }) => [action, reason] as const);
	expect(reasons).toContainEqual(['tick', 'tidemark runs read-only']);
	expect(reasons).toContainEqual(['verify', undefined]);
	press('return');
	expect((await when('choosing')).notice).toBe('No tick here: tidemark runs read-only.');
});

test('spans and engines are gone through by keys, and stop at their ends', async () => {
	desk.open(undefined);
	await when('choosing');
	press('right', 'right', 'right', 'right', 'right', 'e');
	expect(desk.state()).toMatchObject({ spanMs: 30 * 24 * 3_600_000, engine: 'direct' });
	press('left', 'left', 'left', 'left', 'left', 'left', 'e');
	expect(desk.state()).toMatchObject({ spanMs: 3_600_000, engine: 'function' });
});
