import { afterEach, describe, expect, it } from 'vitest';
import type { Parts } from '../../source/compose.ts';
import { useDatabase } from '../support/database.ts';
import { composeFor } from '../support/sampling.ts';

const database = useDatabase();
let parts: Parts | undefined;

afterEach(async () => {
	await parts?.stop();
	await database.rows('truncate workspace, "user", runs cascade');
});

async function problems(): Promise<string[]> {
	parts = composeFor(database.url);
	await parts.loop.refreshAll();
	return parts.monitor
		.current()
		.verdicts.filter(({ severity }) => severity === 'warn' || severity === 'critical')
		.map(({ severity, sentence }) => `${severity}: ${sentence}`);
}

const addTask = (columns: string, values: string) =>
	database.rows(`
		with w as (insert into workspace default values returning id),
		r as (
			insert into agent_runtime (workspace_id, name, last_seen_at)
			select id, 'r', now() - interval '20 minutes' from w returning id, workspace_id
		),
		a as (
			insert into agent (workspace_id, runtime_id, name)
			select workspace_id, id, 'a' from r returning id, runtime_id
		)
		insert into agent_task_queue (agent_id, runtime_id, ${columns})
		select id, runtime_id, ${values} from a`);

describe('the monitor', () => {
	it('finds nothing wrong with an empty database', async () => {
		expect(await problems()).toEqual([]);
	});

	it('finds a task that was dispatched and never started', async () => {
		await addTask('status, dispatched_at', "'dispatched', now() - interval '4 minutes 30 seconds'");
		expect(await problems()).toContain(
			'critical: a task was dispatched 4m ago and has not started; it fails at 5m',
		);
	});

	it('finds work on a runtime that has gone silent', async () => {
		await addTask('status, started_at', "'running', now() - interval '1 hour'");
		expect(await problems()).toContain(
			'warn: 1 running task on runtimes silent for up to 20m; given up at 3 h',
		);
	});

	it('finds an expired lease that nobody took back', async () => {
		await database.rows(
			`insert into runs (status, run_at, queued_at, lease_expires_at)
			values ('RUNNING', now(), now(), now() - interval '2 minutes')`,
		);
		expect(await problems()).toEqual([
			'critical: 1 running lease expired up to 2m ago and nobody took them back: a worker crashed',
		]);
	});
});
