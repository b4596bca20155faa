import { once } from 'node:events';
import pg from 'pg';

/** Rows of each table: always so many, so that what is read has one size all the time. */
const runs = 200;

/** Fills the tables that the samplers read. */
export const fill = `
	insert into runs (status, run_at, queued_at, blueprint)
	select 'QUEUED', now(), now() - n * interval '1 second', 'blueprint-' || n % 50 from generate_series(1, ${runs}) as n;
	with w as (insert into workspace default values returning id),
	r as (
		insert into agent_runtime (workspace_id, name, provider, runtime_mode, last_seen_at)
		select id, 'runtime-' || n, (array['claude', 'codex', 'gemini'])[1 + n % 3],
			(array['local', 'cloud'])[1 + n % 2], now() from w, generate_series(1, 40) as n
		returning id, workspace_id
	),
	a as (
		insert into agent (workspace_id, runtime_id, name, runtime_mode)
		select workspace_id, id, 'agent', 'local' from r returning id, runtime_id
	)
	insert into agent_task_queue (agent_id, runtime_id, status, priority, attempt, max_attempts, created_at)
	select a.id, a.runtime_id, 'queued', 0, 1, 3, now() from a, generate_series(1, 5)`;

/** Each changes what some panel shows; none changes how many rows there are. */
const changes = [
	`update runs set status = (array['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED'])[1 + floor(random() * 4)::int]::run_status,
		lease_expires_at = now() + (random() - 0.3) * interval '1 minute', queued_at = now() - random() * interval '5 minutes'
		where random() < 0.05`,
	`update agent_task_queue set status = (array['queued', 'dispatched', 'running', 'completed', 'failed'])[1 + floor(random() * 5)::int],
		dispatched_at = now(), started_at = now() - random() * interval '1 hour', completed_at = now() where random() < 0.05`,
	`update agent_runtime set last_seen_at = now() - random() * interval '3 minutes' where random() < 0.2`,
	`update task_usage_hourly_rollup_state set watermark_at = now() - random() * interval '2 hours', last_run_finished_at = now()`,
	`update task_usage_dashboard_rollup_state set watermark_at = now() - random() * interval '2 hours', last_run_finished_at = now()`,
];
const pauseMs = 200;

/** Changes the database, a statement every few ms, until it is stopped. */
export async function changeForEver(url: string): Promise<{ stop(): Promise<void> }> {
	const client = new pg.Client(url);
	await client.connect();
	let isStopped = false;
	const run = async () => {
		for (let at = 0; !isStopped; at++) {
			await client.query(changes[at % changes.length] ?? '');
			await new Promise((resolve) => setTimeout(resolve, pauseMs));
		}
	};
	const running = run();
	return {
		async stop() {
			isStopped = true;
			await running;
			const closed = once(client, 'end');
			await client.end();
			await closed;
		},
	};
}
