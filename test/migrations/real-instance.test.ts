import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../../source/migrate/migrate.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

/** What a product's own migrations might have made, before the days of updated_at. */
const productSql = `
	create table workspace (id uuid primary key default gen_random_uuid(), slug text);
	create table "user" (id uuid primary key default gen_random_uuid());
	create table agent_runtime (id uuid primary key default gen_random_uuid(), workspace_id uuid references workspace on delete cascade);
	create table agent (id uuid primary key default gen_random_uuid(), workspace_id uuid not null references workspace on delete cascade);
	create table issue (id uuid primary key default gen_random_uuid(), workspace_id uuid references workspace on delete cascade, project_id uuid);
	create table agent_task_queue (id uuid primary key default gen_random_uuid(), agent_id uuid references agent on delete cascade,
		runtime_id uuid references agent_runtime on delete set null, issue_id uuid references issue on delete cascade, status text, secret_sauce text);
	create table task_usage (id uuid primary key default gen_random_uuid(), task_id uuid references agent_task_queue on delete cascade,
		provider text not null, model text not null, input_tokens bigint not null default 0, output_tokens bigint not null default 0,
		cache_read_tokens bigint not null default 0, cache_write_tokens bigint not null default 0, created_at timestamptz not null default now(),
		unique (task_id, provider, model));
	create index their_name on task_usage (created_at);
	insert into workspace (slug) values ('acme');
	insert into agent (workspace_id) select id from workspace;
	insert into agent_runtime (workspace_id) select id from workspace;
	insert into agent_task_queue (agent_id, runtime_id, status, secret_sauce)
		select agent.id, agent_runtime.id, 'completed', 'keep me' from agent, agent_runtime;
	insert into task_usage (task_id, provider, model, input_tokens, created_at)
		select id, 'claude', 'a', 7, now() - interval '40 days' from agent_task_queue;`;

let database: TestDatabase;

beforeEach(async () => {
	database = await createDatabase({ template: 'empty' });
	await database.rows(productSql);
});
afterEach(() => database.drop());

const up = () => migrate({ connection: database.url, direction: 'up' });
const down = (to: number) => migrate({ connection: database.url, direction: 'down', to });

describe('a database that has the product already', () => {
	test('gets the pipelines and none of our tables of the queue', async () => {
		await up();
		expect(
			await database.rows(`select to_regclass('chat_session') as chat_session, to_regclass('runs') as runs,
				to_regclass('sys_cron_executions') as executions, to_regclass('task_usage_hourly') is not null as has_hourly`),
		).toEqual([{ chat_session: null, runs: null, executions: null, has_hourly: true }]);
	});

	test('gets updated_at without a rewrite; older rows have none and are rolled up', async () => {
		const place =
			"select pg_relation_filenode('task_usage') as file, (select xmin::text from task_usage) as version";
		const before = await database.rows(place);
		await up();
		expect(await database.rows(place)).toEqual(before);
		expect(await database.rows('select updated_at from task_usage')).toEqual([
			{ updated_at: null },
		]);
		await database.rows('select rollup_task_usage_hourly()');
		expect(await database.rows('select input_tokens from task_usage_hourly')).toEqual([
			{ input_tokens: '7' },
		]);
		await database.rows(
			"insert into task_usage (task_id, provider, model) select id, 'codex', 'b' from agent_task_queue",
		);
		expect(
			await database.rows(
				"select updated_at = now() or updated_at < now() as is_stamped from task_usage where provider = 'codex'",
			),
		).toEqual([{ is_stamped: true }]);
	});

	test('keeps its data through down to nothing', async () => {
		await up();
		await down(0);
		expect(await database.rows('select secret_sauce from agent_task_queue')).toEqual([
			{ secret_sauce: 'keep me' },
		]);
		expect(
			await database.rows(
				"select count(*)::int from pg_class where relname like 'tidemark%' and relkind in ('v', 'S') and relname not like 'tidemark_migrations%'",
			),
		).toEqual([{ count: 0 }]);
		expect(
			await database.rows(
				"select from information_schema.columns where table_name = 'task_usage' and column_name = 'updated_at'",
			),
		).toEqual([]);
	});

	test('gets no second index of the same definition', async () => {
		await database.rows(
			'alter table task_usage add updated_at timestamptz; create index theirs_too on task_usage (updated_at)',
		);
		await up();
		const rows =
			await database.rows(`select indexrelid::regclass::text as name from pg_index where indrelid = 'task_usage'::regclass
			and pg_get_indexdef(indexrelid) like '%(updated_at)' or indexrelid::regclass::text = 'tidemark_task_usage_legacy'`);
		expect(rows.map((row) => row.name).sort()).toEqual([
			'theirs_too',
			'tidemark_task_usage_legacy',
		]);
	});

	test('is left alone when it has rollups of its own', async () => {
		await database.rows('create table task_usage_daily (bucket_date date)');
		await expect(up()).rejects.toThrow(
			'Migration 001.queue up failed: this database has rollup pipelines already: task_usage_daily. They belong to the product',
		);
		expect(
			await database.rows(
				"select from information_schema.columns where table_name = 'task_usage' and column_name = 'updated_at'",
			),
		).toEqual([]);
	});

	test('is left alone when half of the queue is missing', async () => {
		await database.rows('drop table issue cascade');
		await expect(up()).rejects.toThrow(
			/has part of the task queue but not: issue\. Run the product's own migrations first/,
		);
	});
});

describe('who writes meanwhile', () => {
	test.each([
		['a task and then its usage', 'agent_task_queue', 'task_usage'],
		['usage and then its task', 'task_usage', 'agent_task_queue'],
	])('%s is neither the victim of a deadlock nor kept waiting', async (_, first, second) => {
		await migrate({ connection: database.url, direction: 'up', to: 7 });
		const [writer, watcher] = await Promise.all([database.client(), database.client()]);
		await writer.query(`begin; lock table ${first} in row exclusive mode`);
		const running = migrate({ connection: database.url, direction: 'up' });
		const isWaiting = async () =>
			(
				await watcher.query(
					"select from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'tidemark-migrate' and datname = current_database()",
				)
			).rowCount === 1;
		while (!(await isWaiting()));
		await writer.query("set lock_timeout = '5s'");
		await writer.query(`lock table ${second} in row exclusive mode`);
		await writer.query('commit');
		expect((await running).at(0)).toBe('008.usage-triggers');
	});
});

describe('an index built concurrently', () => {
	test('lets others write while it waits for those before it', async () => {
		await migrate({ connection: database.url, direction: 'up', to: 3 });
		const [early, other, watcher] = await Promise.all([
			database.client(),
			database.client(),
			database.client(),
		]);
		await early.query(
			"begin; insert into task_usage (task_id, provider, model) select id, 'x', 'early' from agent_task_queue",
		);
		const building = migrate({ connection: database.url, direction: 'up', to: 4 });
		const isWaiting = async () =>
			(
				await watcher.query(
					"select from pg_stat_activity where query like '%create index concurrently%' and wait_event_type = 'Lock' and application_name = 'tidemark-migrate'",
				)
			).rowCount === 1;
		while (!(await isWaiting()));
		await other.query("set lock_timeout = '2s'");
		await other.query(
			"insert into task_usage (task_id, provider, model) select id, 'x', 'other' from agent_task_queue",
		);
		await early.query('commit');
		expect(await building).toEqual(['004.usage-updated-at-index']);
	});

	test('is not taken for built where its name is that of another one', async () => {
		await migrate({ connection: database.url, direction: 'up', to: 3 });
		await database.rows('create index tidemark_task_usage_updated_at on task_usage (model)');
		await expect(up()).rejects.toThrow(
			'Migration 004.usage-updated-at-index up failed: there is another index tidemark_task_usage_updated_at: btree (model). Rename it.',
		);
	});

	test('whose build broke off is cleared away and built again', async () => {
		await migrate({ connection: database.url, direction: 'up', to: 3 });
		await database.rows('create index tidemark_task_usage_updated_at on task_usage (updated_at)');
		await database.rows(
			"update pg_index set indisvalid = false where indexrelid = 'tidemark_task_usage_updated_at'::regclass",
		);
		await up();
		expect(
			await database.rows(
				"select indisvalid from pg_index where indexrelid = 'tidemark_task_usage_updated_at'::regclass",
			),
		).toEqual([{ indisvalid: true }]);
	});
});

describe('dropping the daily rollups', () => {
	const dropDaily = () => migrate({ connection: database.url, direction: 'up', to: 90 });
	const daily = () =>
		database.rows("select to_regclass('task_usage_daily') is not null as is_there");

	test('is refused while the hourly ones are behind, and names the command', async () => {
		await up();
		await expect(dropDaily()).rejects.toThrow(
			/refusing to drop legacy daily rollups: the hourly watermark .* is more than an hour behind the newest usage .* tidemark backfill --pipeline hourly, or in SQL: call tidemark_backfill\('hourly'\)/,
		);
		expect(await daily()).toEqual([{ is_there: true }]);
	});

	test('is refused where nothing says how far the hourly ones are', async () => {
		await up();
		await database.rows("call tidemark_backfill('hourly')");
		await database.rows('delete from task_usage_hourly_rollup_state');
		await expect(dropDaily()).rejects.toThrow(
			/the hourly watermark \(none\) is more than an hour behind/,
		);
	});

	test('goes through after the backfill, and the pipelines left go on', async () => {
		await up();
		await database.rows("call tidemark_backfill('hourly')");
		expect(await dropDaily()).toEqual(['090.drop-daily']);
		expect(await daily()).toEqual([{ is_there: false }]);
		await database.rows('delete from agent_task_queue');
		await database.rows("select rollup_task_usage_hourly_window('-infinity', 'infinity')");
		expect(await database.rows('select from task_usage_hourly')).toEqual([]);
		expect(await down(32)).toEqual(['090.drop-daily']);
		expect(await daily()).toEqual([{ is_there: true }]);
	});

	test('goes through where there is no usage at all', async () => {
		await database.rows('delete from task_usage');
		await up();
		expect(await dropDaily()).toEqual(['090.drop-daily']);
	});
});
