/**
 * A small world for histories: two of everything that matters, a few tasks. Ids are UUIDs that a
 * person can read: kind in the first digit, number in the last.
 */
export const nth = {
	workspace: (n: number) => id(1, n),
	runtime: (n: number) => id(2, n),
	agent: (n: number) => id(3, n),
	issue: (n: number) => id(4, n),
	project: (n: number) => id(5, n),
	task: (n: number) => id(6, n),
} as const;

/** How many of each there are. */
export const size = { workspace: 2, runtime: 2, agent: 2, issue: 2, project: 2, task: 3 } as const;

function id(kind: number, n: number): string {
	return `${kind}0000000-0000-4000-8000-00000000000${n}`;
}

/** Puts back whatever of the world is missing; without rows of the queue. */
export const peopleSql = [
	...numbers(size.workspace).map(
		(n) => `insert into workspace (id) values ('${nth.workspace(n)}') on conflict do nothing`,
	),
	...numbers(size.runtime).map(
		(n) =>
			`insert into agent_runtime (id, workspace_id, name) values ('${nth.runtime(n)}', '${nth.workspace(n)}', 'rt-${n}') on conflict do nothing`,
	),
	...numbers(size.agent).map(
		(n) =>
			`insert into agent (id, workspace_id, name) values ('${nth.agent(n)}', '${nth.workspace(n)}', 'agent-${n}') on conflict do nothing`,
	),
	...numbers(size.issue).map(
		(n) =>
			`insert into issue (id, workspace_id, project_id, number) values ('${nth.issue(n)}', '${nth.workspace(1)}', ${n === 2 ? 'null' : `'${nth.project(n)}'`}, ${n}) on conflict do nothing`,
	),
].join(';\n');

/** Empties everything, pipelines included, and sets up the world with an hour of usage for each task. */
export const resetSql = `
	truncate workspace, "user", agent_runtime, agent, issue, chat_session, chat_message, agent_task_queue, task_usage,
		task_usage_hourly, task_usage_daily, task_usage_dashboard_daily,
		task_usage_hourly_dirty, task_usage_daily_dirty, task_usage_dashboard_dirty, tidemark_rollup_runs;
	delete from task_usage_hourly_dirty; delete from task_usage_daily_dirty; delete from task_usage_dashboard_dirty;
	${peopleSql};
	${numbers(size.task)
		.map(
			(
				n,
			) => `insert into agent_task_queue (id, agent_id, runtime_id, issue_id) values ('${nth.task(n)}', '${nth.agent(1 + (n % size.agent))}',
				'${nth.runtime(1 + (n % size.runtime))}', ${n === 3 ? 'null' : `'${nth.issue(n)}'`})`,
		)
		.join(';\n\t')};
	insert into task_usage (task_id, provider, model, input_tokens, created_at, updated_at)
		select id, 'claude', 'a', 1, now() - interval '3 hours', now() - interval '3 hours' from agent_task_queue;
	select rollup_task_usage_hourly_window('-infinity', 'infinity');
	select rollup_task_usage_daily_window('-infinity', 'infinity');
	select rollup_task_usage_dashboard_daily_window('-infinity', 'infinity');
	update task_usage_hourly_rollup_state set watermark_at = now() - interval '1 hour';
	update task_usage_rollup_state set watermark_at = now() - interval '1 hour';
	update task_usage_dashboard_rollup_state set watermark_at = now() - interval '1 hour'`;

function numbers(count: number): number[] {
	return Array.from({ length: count }, (_, index) => index + 1);
}
