import type { Client } from 'pg';
import { pipelines } from '../../test/rollup/pipelines.ts';
import { withoutIndexes } from './without-indexes.ts';

/** Usage rows a day; 1 million in 180 days. */
const usageADay = 1_000_000 / 180;
const workspaces = 200;
const runtimes = 2000;
const agents = 4000;
const issues = 50_000;

/** Four of five tasks have one usage row, the fifth a second one of another model. */
const usageATask = 1.25;

const id = (kind: number, number: string) =>
	`('${kind}0000000-0000-4000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;

/**
 * Fills a migrated, empty database with usage up to a quarter of an hour ago, and the rollups with
 * what a plain GROUP BY says of it: always at the same rate, so that a larger history is a longer one,
 * and ten minutes are the same ten minutes. Every table is written without its indexes, which come after.
 */
export async function seed(client: Client, usageRows: number): Promise<void> {
	// Neither foreign keys nor the triggers that fill the queues. Much memory for sorting, here only.
	await client.query(`set session_replication_role = replica;
		set work_mem = '512MB'; set maintenance_work_mem = '1GB'; set jit = off`);
	await client.query(people);
	const tasks = Math.round(usageRows / usageATask);
	await withoutIndexes(client, ['agent_task_queue', 'task_usage'], async () => {
		await client.query(taskRows(tasks, usageRows));
		await client.query(usage);
	});
	await client.query('analyze');
	for (const { table, state, key, measures, raw } of pipelines) {
		await withoutIndexes(client, [table], () =>
			client.query(
				`insert into ${table} (${[...key, ...measures].join(', ')}) ${raw} order by 1, 2`,
			),
		);
		await client.query(`update ${state} set watermark_at = now() - interval '5 minutes'`);
	}
	await client.query('vacuum (analyze)');
	await client.query('checkpoint');
	await client.query('reset all');
}

const people = `
	insert into workspace (id) select ${id(1, 'n')} from generate_series(1, ${workspaces}) n;
	insert into agent_runtime (id, workspace_id, name) select ${id(2, 'n')}, ${id(1, `1 + n % ${workspaces}`)}, 'runtime ' || n
		from generate_series(1, ${runtimes}) n;
	insert into agent (id, workspace_id, name) select ${id(3, 'n')}, ${id(1, `1 + n % ${workspaces}`)}, 'agent ' || n
		from generate_series(1, ${agents}) n;
	insert into issue (id, workspace_id, project_id, number) select ${id(4, 'n')}, ${id(1, `1 + n % ${workspaces}`)},
		case when n % 3 > 0 then ${id(5, `1 + n % 20`)} end, n
		from generate_series(1, ${issues}) n;`;

/** Agents and runtimes drawn at random, so that nobody's tasks lie side by side. */
const taskRows = (tasks: number, usageRows: number) => `
	insert into agent_task_queue (id, agent_id, runtime_id, issue_id, status, created_at, started_at, completed_at)
	select gen_random_uuid(), ${id(3, `1 + floor(random() * ${agents})::int`)}, ${id(2, `1 + floor(random() * ${runtimes})::int`)},
		${id(4, `1 + floor(random() * ${issues})::int`)}, 'completed', at, at, at
	from (
		select now() - interval '15 minutes' - interval '${usageRows / usageADay} days' * (1 - n / ${tasks}::float8) as at
		from generate_series(1, ${tasks}) n
	) t`;

/** In the order of their time, as they would have come. */
const usage = `
	insert into task_usage (task_id, provider, model, input_tokens, output_tokens, created_at, updated_at)
	select t.id, 'claude', u.model, u.input, 200, t.created_at, t.created_at
	from (select id, created_at, row_number() over () as n from agent_task_queue) t
	cross join lateral (
		select 'model-' || n % 3, 100 + n union all select 'model-9', 10 where n % 4 = 0
	) u (model, input)`;
