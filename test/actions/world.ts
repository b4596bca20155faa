import type { Client } from 'pg';

/** How much of everything a test's history has. */
export type WorldSize = {
	readonly runtimes?: number;
	readonly agents?: number;
	readonly issues?: number;
	readonly tasks?: number;
	/** Usage rows, two for some tasks. */
	readonly usage?: number;
	/** The history lies between these ages, evenly spread. */
	readonly from?: string;
	readonly to?: string;
};

/** A uuid that is the n-th of its kind. */
export const idOf = (kind: string, n: number): string =>
	`${kind.padEnd(8, '0')}-0000-4000-8000-${String(n).padStart(12, '0')}`;

const kinds = {
	workspace: 'a0',
	runtime: 'b0',
	agent: 'c0',
	issue: 'd0',
	task: 'e0',
	project: 'f0',
} as const;

/** SQL for the id of the n-th of a kind. */
const id = (kind: keyof typeof kinds, n: string): string =>
	`(rpad('${kinds[kind]}', 8, '0') || '-0000-4000-8000-' || lpad((${n})::text, 12, '0'))::uuid`;

/** The same uuid here. */
export const thing = (kind: keyof typeof kinds, n: number): string => idOf(kinds[kind], n);

/**
 * Fills an empty queue schema with history by set-based SQL, without triggers: two workspaces, projects
 * for two of three issues, tasks without a runtime or an issue, rows from before `updated_at`.
 */
export async function seedWorld(client: Client, size: WorldSize = {}): Promise<void> {
	const { runtimes = 3, agents = 4, issues = 6, tasks = 60, usage = 120 } = size;
	const { from = '100 days', to = '1 hour' } = size;
	await client.query('set session_replication_role = replica');
	await client.query(
		`
	insert into workspace (id) select ${id('workspace', 'n')} from generate_series(1, 2) n;
	insert into agent_runtime (id, workspace_id, name)
	select ${id('runtime', 'n')}, ${id('workspace', '1 + n % 2')}, 'runtime ' || n from generate_series(1, ${runtimes}) n;
	insert into agent (id, workspace_id, runtime_id, name)
	select ${id('agent', 'n')}, ${id('workspace', '1 + n % 2')}, ${id('runtime', `1 + n % ${runtimes}`)}, 'agent ' || n
	from generate_series(1, ${agents}) n;
	insert into issue (id, workspace_id, project_id, number)
	select ${id('issue', 'n')}, ${id('workspace', '1 + n % 2')}, case when n % 3 > 0 then ${id('project', 'n % 3')} end, n
	from generate_series(1, ${issues}) n;
	insert into agent_task_queue (id, agent_id, runtime_id, issue_id, status, created_at)
	select ${id('task', 'n')}, ${id('agent', `1 + n % ${agents}`)},
		case when n % 11 > 0 then ${id('runtime', `1 + n % ${runtimes}`)} end,
		case when n % 5 > 0 then ${id('issue', `1 + n % ${issues}`)} end, 'completed', now() - interval '101 days'
	from generate_series(1, ${tasks}) n;
	insert into task_usage (task_id, provider, model, input_tokens, output_tokens, cache_read_tokens,
		cache_write_tokens, created_at, updated_at)
	select ${id('task', `1 + n % ${tasks}`)}, case when n % 2 = 0 then 'claude' else 'codex' end, 'model ' || n / ${tasks},
		1000 + n, 100 + n, n, 2 * n, at,
		case when n % 4 = 0 then null when n % 7 = 0 then least(at + interval '3 days', now() - $2::interval) else at end
	from (
		select n, now() - $1::interval + ($1::interval - $2::interval) * (n / ${usage}::float8) as at
		from generate_series(1, ${usage}) n
	) timed`
			.replaceAll('$1', `'${from}'`)
			.replaceAll('$2', `'${to}'`),
	);
	await client.query('set session_replication_role = origin');
	await client.query('analyze');
}
