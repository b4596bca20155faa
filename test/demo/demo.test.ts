import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Demo, type DemoOptions, startDemo } from '../../source/demo/demo.ts';
import { isProcess } from '../../source/demo/postmaster.ts';
import { demoId } from '../../source/demo/shape.ts';

let cacheDir: string;
let demo: Demo | undefined;

beforeAll(async () => {
	cacheDir = await mkdtemp(join(tmpdir(), 'tidemark-demo-'));
});

afterEach(async () => {
	await demo?.stop();
	demo = undefined;
});

afterAll(() => rm(cacheDir, { recursive: true, force: true }));

async function start(options: DemoOptions = {}): Promise<Demo> {
	demo = await startDemo({ cacheDir, historyDays: 2, ...options });
	return demo;
}

async function ask(sql: string): Promise<Record<string, unknown>> {
	const client = new pg.Client({ connectionString: demo?.url });
	await client.connect();
	try {
		return (await client.query(sql)).rows[0] ?? {};
	} finally {
		await client.end();
	}
}

describe('the demo', () => {
	test('starts from an empty cache, saying what it does', async () => {
		const steps: string[] = [];
		await start({ onProgress: (step) => steps.push(step) });
		expect(steps[0]).toBe('Creating a Postgres cluster');
		expect(steps.length).toBeGreaterThan(4);
		expect(
			await ask(`select count(distinct date_trunc('hour', created_at)) > 40 as hours,
				count(distinct status) >= 4 as statuses,
				count(*) filter (where chat_session_id is not null) > 100 as chats,
				count(*) filter (where autopilot_run_id is not null) > 100 as autopilots,
				count(*) filter (where issue_id is not null) > 100 as issues
			from agent_task_queue`),
		).toEqual({ hours: true, statuses: true, chats: true, autopilots: true, issues: true });
		expect(
			await ask(`select bool_or(updated_at is null) as legacy, bool_or(updated_at > created_at) as corrected,
				count(distinct provider) > 4 as providers, max(created_at) > now() - interval '10 minutes' as fresh
			from task_usage`),
		).toEqual({ legacy: true, corrected: true, providers: true, fresh: true });
	});

	test('computes the ids of things as the server did', async () => {
		await start();
		const id = demoId('issue', 130);
		expect(await ask(`select number, workspace_id as owner from issue where id = '${id}'`)).toEqual(
			{ number: 10, owner: demoId('workspace', 2) },
		);
	});

	test('has a laptop closed with work on it, and all else alive', async () => {
		await start();
		expect(
			await ask(`select count(distinct runtime.id)::int as silent, count(*)::int as tasks
			from agent_runtime runtime join agent_task_queue task on task.runtime_id = runtime.id and task.status = 'running'
			where last_seen_at < now() - interval '150 seconds'`),
		).toMatchObject({ silent: 1 });
	});

	test('lives: what it creates is claimed, run and ended, and reports usage', async () => {
		const { workload } = await start({ stepMs: 20 });
		const born = await ask('select now()::text as at');
		const ended = `select count(*) > 0 as yes from agent_task_queue task join task_usage usage on usage.task_id = task.id
			where task.created_at > '${born.at}' and task.status = 'completed' and task.dispatched_at < task.started_at`;
		const leased = `select count(*) > 0 as yes from runs where queued_at > '${born.at}' and status = 'RUNNING'
			and lease_expires_at > now() and lease_owner in (select id from workers)`;
		const chatted = `select count(*) > 0 as yes from chat_message where created_at > '${born.at}'`;
		for (const question of [chatted, leased, ended]) {
			while (!(await ask(question)).yes) await workload.nextStep();
		}
		expect(await ask(ended)).toEqual({ yes: true });
	});

	test('starts again after the server was killed', async () => {
		const { server } = await start();
		process.kill(server.pid, 'SIGKILL');
		await server.ended;
		await demo?.stop();
		const steps: string[] = [];
		await start({ onProgress: (step) => steps.push(step) });
		expect(steps).toEqual(['Starting Postgres', 'Filling in what happened since']);
	});

	test('fills in the hours since it last ran', async () => {
		await start();
		await demo?.workload.stop();
		await ask(`do $$ begin
			set local session_replication_role = replica;
			update tidemark_demo.state set alive_at = alive_at - interval '5 hours';
			update task_usage set created_at = created_at - interval '5 hours';
			update runs set queued_at = queued_at - interval '5 hours', run_at = run_at - interval '5 hours';
			update agent_task_queue set created_at = created_at - interval '5 hours', dispatched_at = dispatched_at - interval '5 hours',
				started_at = started_at - interval '5 hours', completed_at = completed_at - interval '5 hours';
		end $$`);
		await demo?.stop();
		await start();
		expect(
			await ask(`select count(distinct date_trunc('hour', created_at))
					filter (where created_at < date_trunc('hour', now()))::int as hours,
				count(*) filter (where status in ('queued', 'dispatched', 'running') and created_at < now() - interval '1 hour')::int as stale
			from agent_task_queue where created_at >= date_trunc('hour', now()) - interval '6 hours'`),
		).toEqual({ hours: 6, stale: 0 });
	});

	test('runs beside another one, with data of its own', async () => {
		const first = await start();
		const second = await startDemo({ cacheDir, historyDays: 0.1 });
		expect(second.server.port).not.toBe(first.server.port);
		expect(await ask('select count(*) > 0 as has_tasks from agent_task_queue')).toEqual({
			has_tasks: true,
		});
		await second.stop();
	});

	test('leaves nothing running', async () => {
		const { server } = await start();
		await demo?.stop();
		expect(await isProcess(server.pid, cacheDir)).toBe(false);
	});

	test('refuses a fault that it does not know', async () => {
		await expect(start({ fault: 'bad-luck' })).rejects.toMatchObject({
			kind: 'config',
			message: expect.stringContaining('--faults'),
		});
	});

	test('can be given up while it starts, and leaves nothing running', async () => {
		const giveUp = new AbortController();
		const reason = new Error('enough');
		const onProgress = (step: string) => {
			if (step.startsWith('Filling')) giveUp.abort(reason);
		};
		await expect(start({ onProgress, signal: giveUp.signal })).rejects.toBe(reason);
		await start();
	});
});
