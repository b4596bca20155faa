import type { Client } from 'pg';
import { demoId } from '../shape.ts';

/** Runtimes, by number, were last seen `age` ago. */
export async function silence(
	client: Client,
	runtimes: readonly number[],
	age: string,
): Promise<void> {
	await client.query(
		`update agent_runtime set last_seen_at = now() - $2::interval,
			status = case when $2::interval > interval '150 seconds' then 'offline' else status end
		where id = any($1::uuid[])`,
		[runtimes.map((n) => demoId('runtime', n)), age],
	);
}

/** An agent, by number, has `count` running tasks more, started between `from` and `to` ago. */
export async function addRunning(
	client: Client,
	agent: number,
	count: number,
	[from, to]: readonly [from: string, to: string],
): Promise<void> {
	await client.query(
		`insert into agent_task_queue (agent_id, runtime_id, issue_id, status, attempt, max_attempts,
			created_at, dispatched_at, started_at)
		select agent.id, agent.runtime_id, issue.id, 'running', 0, 3,
			at - interval '9 seconds', at - interval '2 seconds', at
		from agent join lateral (
			select id, row_number() over (order by number) as turn from issue
			where workspace_id = agent.workspace_id
		) issue on turn <= $2::int,
		lateral (select now() - $3::interval - (turn / $2::float8) * ($4::interval - $3::interval) as at) started
		where agent.id = $1`,
		[demoId('agent', agent), count, from, to],
	);
}

/** All queued tasks have been waiting since up to `age` ago, evenly spread. */
export async function spreadQueued(client: Client, age: string): Promise<void> {
	await client.query(
		`update agent_task_queue task set created_at = now() - (turn / total::float8) * $1::interval
		from (
			select id, row_number() over (order by id) as turn, count(*) over () as total
			from agent_task_queue where status = 'queued'
		) queued where queued.id = task.id`,
		[age],
	);
}
