import type { Client } from 'pg';

/** How much of everything; `tasks` is also the number of runs. */
export type HistorySize = {
	/** Rows of agent_task_queue and of runs: 200 alive, 5,000 finished in the last 24 h, the rest before. */
	readonly tasks: number;
	readonly usage: number;
	/** Chat messages, 20 a session. */
	readonly messages: number;
	readonly issues: number;
	readonly runtimes: number;
	/** Rows of each dirty queue that the database has. */
	readonly dirty: number;
};

/** Tasks finished in the last 24 h, whatever the size: history grows, traffic doesn't. */
const recentTasks = 5000;
const liveTasks = 200;

/**
 * Fills a migrated, empty database with a year of history by set-based SQL, as a superuser, then
 * vacuums and analyses it. Ids are derived from numbers, so that tables refer to each other
 * without a lookup; the secondary indexes of the large tables are built after the load.
 */
export async function seedHistory(client: Client, size: HistorySize): Promise<void> {
	// Neither foreign keys nor the triggers that fill the dirty queues run for this session.
	await client.query('set session_replication_role = replica');
	await client.query(people(size));
	await withoutIndexes(client, 'agent_task_queue', () => client.query(tasks(size)));
	await withoutIndexes(client, 'task_usage', () => client.query(usage(size)));
	await withoutIndexes(client, 'runs', () => client.query(runs(size)));
	await client.query(messages(size));
	for (const [table, key] of Object.entries(dirtyKeys)) {
		const { rows } = await client.query('select to_regclass($1) as found', [table]);
		if (rows[0].found !== null && size.dirty > 0) await client.query(dirty(table, key, size.dirty));
	}
	await client.query('set session_replication_role = origin');
	// Vacuum marks a page as all-visible only when the commits of its rows are on disk.
	await client.query('checkpoint');
	await client.query('vacuum analyze');
}

async function withoutIndexes(client: Client, table: string, load: () => Promise<unknown>) {
	const { rows } = await client.query<{ name: string; definition: string }>(
		`select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
		from pg_index where indrelid = $1::regclass and not indisunique`,
		[table],
	);
	for (const { name } of rows) await client.query(`drop index ${name}`);
	await load();
	for (const { definition } of rows) await client.query(definition);
}

const workspaces = 2000;
const users = 5000;
const agents = 3000;

const id = (kind: string, number: string) => `md5('${kind}' || (${number}))::uuid`;
/** In the order of creation, so that the primary key of ten million rows builds in a minute. */
const taskId = (number: string) =>
	`('00000000-0000-4000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;

const people = ({ runtimes, issues, messages: count }: HistorySize) => `
	insert into workspace (id) select ${id('workspace', 'n')} from generate_series(1, ${workspaces}) as n;
	insert into "user" (id) select ${id('user', 'n')} from generate_series(1, ${users}) as n;
	insert into agent_runtime (id, workspace_id, name, runtime_mode, provider, status, last_seen_at)
	select ${id('runtime', 'n')}, ${id('workspace', `1 + n % ${workspaces}`)}, 'runtime ' || n,
		case when n % 3 = 0 then 'cloud' else 'local' end,
		(array['claude', 'codex', 'gemini', 'cursor', 'home-made'])[1 + n % 5],
		case when n % 10 = 0 then 'offline' else 'online' end,
		now() - case when n % 10 = 0 then n * interval '10 minutes' else random() * interval '15 seconds' end
	from generate_series(1, ${runtimes}) as n;
	insert into agent (id, workspace_id, runtime_id, name)
	select ${id('agent', 'n')}, ${id('workspace', `1 + n % ${workspaces}`)},
		${id('runtime', `1 + n % ${runtimes}`)}, 'agent ' || n
	from generate_series(1, ${agents}) as n;
	insert into issue (id, workspace_id, creator_type, creator_id, number, title)
	select ${id('issue', 'n')}, ${id('workspace', `1 + n % ${workspaces}`)},
		case when n % 5 = 0 then 'agent' else 'member' end, ${id('user', `1 + n % ${users}`)}, n, 'Issue ' || n
	from generate_series(1, ${issues}) as n;
	insert into chat_session (id, workspace_id, creator_id)
	select ${id('session', 'n')}, ${id('workspace', `1 + n % ${workspaces}`)}, ${id('user', `1 + n % ${users}`)}
	from generate_series(0, ${Math.ceil(count / 20)}) as n`;

/** Row n of `total` in time: the last ones spread over 24 h, those before over the year before. */
const timeline = (total: number) => `(
	select n, case
		when n <= ${total - recentTasks - liveTasks}
		then now() - interval '1 day' - interval '364 days' * ((${total} - n) / ${total}::float8)
		else now() - interval '1 day' * ((${total} - n) / ${recentTasks + liveTasks}::float8)
	end as at
	from generate_series(1, ${total}) as n
) as timeline`;

const tasks = ({ tasks: total, runtimes, issues, messages: count }: HistorySize) => `
	insert into agent_task_queue (
		id, agent_id, runtime_id, issue_id, chat_session_id, autopilot_run_id, status,
		created_at, dispatched_at, started_at, completed_at
	)
	select
		${taskId('n')},
		${id('agent', `1 + n % ${agents}`)},
		${id('runtime', `1 + n % ${runtimes}`)},
		case when n % 10 < 7 then ${id('issue', `1 + (random() * ${issues - 1})::int`)} end,
		case when n % 10 in (7, 8) then ${id('session', `(random() * ${Math.floor(count / 20)})::int`)} end,
		case when n % 10 = 9 then gen_random_uuid() end,
		case
			when n > ${total - 80} then 'queued'
			when n > ${total - 100} then 'dispatched'
			when n > ${total - liveTasks} then 'running'
			when n % 20 = 0 then 'cancelled'
			when n % 10 = 3 then 'failed'
			else 'completed'
		end,
		at,
		case when n <= ${total - 80} then at + interval '5 seconds' end,
		-- Some were cancelled before they started.
		case when n <= ${total - 100} and n % 40 <> 0 then at + interval '8 seconds' end,
		case when n <= ${total - liveTasks} then at + interval '8 seconds' + random() * interval '20 minutes' end
	from ${timeline(total)}`;

/** The older part comes from before the column updated_at, and has NULL in it. */
const usage = ({ usage: total, tasks: count }: HistorySize) => `
	insert into task_usage (task_id, provider, model, input_tokens, output_tokens, created_at, updated_at)
	select ${taskId(`1 + n % ${count - liveTasks}`)}, 'claude', 'model ' || n / ${count - liveTasks}, 1000, 100, at,
		case when n > ${total * 0.4} then at end
	from ${timeline(total)}`;

const messages = ({ messages: total }: HistorySize) => `
	insert into chat_message (chat_session_id, created_at)
	select ${id('session', 'n / 20')}, at from ${timeline(total)}`;

const runs = ({ tasks: total }: HistorySize) => `
	insert into workers (id, last_heartbeat_at)
	select 'worker ' || n, now() - random() * interval '10 seconds' from generate_series(1, 50) as n;
	insert into runs (
		status, blueprint, run_at, queued_at, started_at, finished_at, lease_owner, lease_expires_at
	)
	select
		case
			when n > ${total - 120} then 'QUEUED'
			when n > ${total - liveTasks} then 'RUNNING'
			when n % 20 = 0 then 'FAILED'
			when n % 50 = 1 then 'CANCELLED'
			else 'SUCCEEDED'
		end::run_status,
		'blueprint ' || n % 40,
		at + case when n > ${total - 20} then interval '1 hour' else interval '0' end,
		at,
		case when n <= ${total - 120} then at + interval '3 seconds' end,
		case when n <= ${total - liveTasks} then at + interval '3 seconds' + random() * interval '5 minutes' end,
		case when n <= ${total - 120} then 'worker ' || 1 + n % 50 end,
		case when n <= ${total - 120} then at + interval '90 seconds' end
	from ${timeline(total)}`;

/** Keys of dirty queues, as what row n of a queue has in them. */
const dirtyKeys: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	task_usage_daily_dirty: {
		bucket_date: 'current_date - n % 365',
		runtime_id: id('runtime', 'n'),
		provider: `'claude'`,
	},
	task_usage_dashboard_dirty: {
		bucket_date: 'current_date - n % 365',
		agent_id: id('agent', 'n'),
	},
	task_usage_hourly_dirty: {
		bucket_hour: `date_trunc('hour', now()) - n % 8000 * interval '1 hour'`,
		runtime_id: id('runtime', 'n'),
		agent_id: id('agent', 'n'),
		provider: `'claude'`,
	},
};

const dirty = (table: string, key: Readonly<Record<string, string>>, count: number) => `
	insert into ${table} (${Object.keys(key).join(', ')}, workspace_id, model, enqueued_at)
	select ${Object.values(key).join(', ')}, ${id('workspace', `1 + n % ${workspaces}`)}, 'model',
		now() - n * interval '1 second'
	from generate_series(1, ${count}) as n`;
