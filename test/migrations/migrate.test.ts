import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runMigrateCommand } from '../../source/migrate/command.ts';
import { migrate, migrationStatus, runLock } from '../../source/migrate/migrate.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;

beforeEach(async () => {
	database = await createDatabase({ template: 'empty' });
});
afterEach(() => database.drop());

const up = (to?: number) =>
	migrate({ connection: database.url, direction: 'up', ...(to === undefined ? {} : { to }) });
const down = (to?: number) =>
	migrate({ connection: database.url, direction: 'down', ...(to === undefined ? {} : { to }) });

/** Everything in the schema but the record of migrations, one line each. */
async function schema(): Promise<string[]> {
	const rows = await database.rows<{ line: string }>(`
		select 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') as line
		from information_schema.columns where table_schema = 'public' and table_name <> 'tidemark_migrations'
		union all select 'index ' || indexdef from pg_indexes where schemaname = 'public' and tablename <> 'tidemark_migrations'
		union all select 'routine ' || oid::regprocedure from pg_proc where pronamespace = 'public'::regnamespace
		union all select 'trigger ' || tgrelid::regclass || ' ' || tgname from pg_trigger where not tgisinternal
		union all select 'type ' || typname from pg_type where typnamespace = 'public'::regnamespace and typtype in ('e', 'c')
		union all select 'sequence ' || sequencename from pg_sequences where sequencename <> 'tidemark_migrations_id_seq'
		order by 1`);
	return rows.map((row) => row.line).filter((line) => !line.includes('tidemark_migrations'));
}

describe('up and down', () => {
	test('goes up once, however often it is asked', async () => {
		const applied = await up();
		expect(applied[0]).toBe('001.queue');
		expect(applied.at(-1)).toBe('032.hourly-tick');
		expect(await up()).toEqual([]);
		const status = await migrationStatus({ connection: database.url });
		expect(status.filter((each) => !each.appliedAt).map((each) => each.id)).toEqual([
			'090.drop-daily',
		]);
	});

	test('takes everything back, and comes up the same again', async () => {
		await up();
		const whole = await schema();
		expect(whole.length).toBeGreaterThan(200);
		await down(0);
		expect(await schema()).toEqual([]);
		await up();
		expect(await schema()).toEqual(whole);
	});

	test('goes to a version and back one step', async () => {
		await up(5);
		expect(await up(5)).toEqual([]);
		expect(await down()).toEqual(['005.usage-legacy-index']);
		expect(await down(2)).toEqual(['004.usage-updated-at-index', '003.usage-updated-at']);
		await expect(up(6.5)).rejects.toThrow(/There is no migration 6\.5/);
	});

	test.each([
		["the database's, if it has one", 'set timezone = "Asia/Tokyo"', 'Asia/Tokyo'],
		["never the one of who migrates, also where that hides the server's", 'reset timezone', 'GMT'],
	])('the zone of daily buckets: %s', async (_, setting, zone) => {
		await database.rows(`alter database ${database.name} ${setting}`);
		const url = new URL(database.url);
		url.searchParams.set('options', '-c TimeZone=America/Lima');
		await migrate({ connection: url.href, direction: 'up' });
		const [{ time_zone }] = await database.rows('select time_zone from task_usage_rollup_state');
		expect(time_zone).toBe(zone);
	});

	test('takes nothing back that holds rows', async () => {
		await up();
		await database.rows('insert into workspace default values');
		await expect(down(0)).rejects.toThrow(
			'Migration 001.queue down failed: refusing to drop table workspace, it holds rows. Empty it first',
		);
		expect(await database.rows('select from workspace')).toHaveLength(1);
	});

	test('keeps a rollup that reaches further back than its raw usage', async () => {
		await up();
		await database.rows(`
			with w as (insert into workspace default values returning id),
			a as (insert into agent (workspace_id, name) select id, 'a' from w returning id, workspace_id),
			t as (insert into agent_task_queue (agent_id) select id from a returning id)
			insert into task_usage (task_id, provider, model) select id, 'claude', 'a' from t`);
		await database.rows(`insert into task_usage_hourly
			values ('2020-01-01 00:00Z', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), null, 'claude', 'a', 1, 1, 1, 1, 1, 1)`);
		await expect(down(9)).rejects.toThrow(
			/refusing to drop task_usage_hourly: it reaches further back/,
		);
		// Nor where there is no raw usage left at all.
		await database.rows('delete from agent_task_queue');
		for (const table of ['hourly', 'dashboard_daily', 'daily']) {
			const [{ ghosts }] = await database.rows(
				`select count(*) as ghosts from task_usage_${table}`,
			);
			if (ghosts === '0') continue;
			await expect(down(9)).rejects.toThrow(/it reaches further back/);
		}
	});
});

describe('two runs', () => {
	test('at once: one works, the other waits and finds nothing left', async () => {
		const [first, second] = await Promise.all([up(), up()]);
		expect([first.length, second.length].sort()).toEqual([0, 18]);
	});

	test('one that does not end is named', async () => {
		const holder = await database.client();
		await holder.query('select pg_advisory_lock($1)', [runLock]);
		const { rows } = await holder.query('select pg_backend_pid() as pid');
		await expect(
			migrate({ connection: database.url, direction: 'up', lockWaitMs: 0 }),
		).rejects.toThrow(
			`Another migration run is busy in this database (pid ${rows[0].pid}, connected since `,
		);
	});
});

describe('a migration that fails', () => {
	let folder: string;
	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), 'tidemark-migrations-'));
	});
	afterEach(() => rm(folder, { recursive: true }));

	test('leaves nothing of itself, keeps what ran before, and lets go of the lock', async () => {
		await writeFile(join(folder, '001.do.good.sql'), 'create table good (id int)');
		await writeFile(join(folder, '001.undo.good.sql'), 'drop table good');
		await writeFile(join(folder, '002.do.bad.sql'), 'create table half (id int); select 1 / 0');
		await writeFile(join(folder, '002.undo.bad.sql'), 'drop table half');
		const client = await database.client();
		const attempt = migrate({ connection: client, direction: 'up', directory: folder });
		await expect(attempt).rejects.toThrow(
			'Migration 002.bad up failed: division by zero. Done before it: 001.good.',
		);
		expect(
			await database.rows("select to_regclass('good') as good, to_regclass('half') as half"),
		).toEqual([{ good: 'good', half: null }]);
		expect(
			await database.rows(`select from pg_locks where locktype = 'advisory' and objid = ${runLock}
				and database = (select oid from pg_database where datname = current_database())`),
		).toEqual([]);
		await writeFile(join(folder, '002.do.bad.sql'), 'create table half (id int)');
		expect(await migrate({ connection: client, direction: 'up', directory: folder })).toEqual([
			'002.bad',
		]);
	});

	test('a folder with faults is refused as a whole', async () => {
		await writeFile(join(folder, '001.do.one.sql'), 'select 1');
		await writeFile(join(folder, '002.do.two.sql'), 'select 1');
		await writeFile(join(folder, '002.undo.two.sql'), 'select 1');
		await writeFile(join(folder, '002.do.other.sql'), 'select 1');
		await writeFile(join(folder, '002.undo.other.sql'), 'select 1');
		await writeFile(join(folder, 'three.sql'), 'select 1');
		const attempt = migrate({ connection: database.url, direction: 'up', directory: folder });
		await expect(attempt).rejects.toMatchObject({
			kind: 'catalog',
			faults: [
				'three.sql: expected a name like 007.do.hourly.sql or 007.undo.hourly.sql',
				'001.one: its undo file is missing',
				'002.two: version 2 is taken by 002.other',
			],
		});
	});
});

describe('the command', () => {
	async function run(...args: string[]): Promise<{ code: number; output: string }> {
		let output = '';
		const code = await runMigrateCommand(args, {
			url: database.url,
			write: (text) => {
				output += text;
			},
		});
		return { code, output };
	}

	test('says what it does', async () => {
		expect(await run('up', '--to', '2')).toEqual({
			code: 0,
			output: 'applying 001.queue\napplying 002.lease\nDone: 2 migrations.\n',
		});
		expect(await run('up', '--to=2')).toEqual({ code: 0, output: 'Nothing to do.\n' });
		expect(await run('down')).toEqual({
			code: 0,
			output: 'taking back 002.lease\nDone: 1 migration.\n',
		});
	});

	test('lists what there is', async () => {
		await run('up', '--to', '1');
		const { output } = await run('status');
		expect(output).toMatch(/^001\.queue +applied \d{4}-\d\d-\d\dT[\d:.]+Z$/m);
		expect(output).toMatch(/^002\.lease +pending$/m);
		expect(output).toMatch(/^090\.drop-daily +only when asked for: tidemark migrate up --to 90$/m);
	});

	test('refuses what makes no sense, in one sentence', async () => {
		expect(await run('sideways')).toEqual({
			code: 2,
			output: 'Usage: tidemark migrate [up|down|status] [--to N]\n',
		});
		expect(await run('up', '--to', 'x')).toMatchObject({ code: 2 });
		expect(await run('status', '--to', '3')).toMatchObject({ code: 2 });
		expect(await run('up', '--to', '77')).toMatchObject({
			code: 2,
			output: expect.stringMatching(/^There is no migration 77; .*\n$/),
		});
	});

	test('says what the server refuses before any migration begins', async () => {
		const role = `m${randomBytes(4).toString('hex')}`;
		await database.rows(`create role ${role} login password 'w'`);
		const url = new URL(database.url);
		url.username = role;
		url.password = 'w';
		let said = '';
		const asRole = (...args: string[]) =>
			runMigrateCommand(args, { url: url.href, write: (text) => (said += text) });
		expect(await asRole('up')).toBe(1);
		await run('up', '--to', '1');
		expect(await asRole('status')).toBe(1);
		expect(said).toBe(
			"The migrations of this database can't be told or run: permission denied for schema public.\n" +
				"The migrations of this database can't be told or run: permission denied for table tidemark_migrations.\n",
		);
		await database.rows(`drop role ${role}`);
	});

	test('says why there is no connection, without the password', async () => {
		const lines: string[] = [];
		const url = 'postgres://somebody:hunter2@127.0.0.1:1/nowhere';
		expect(await runMigrateCommand(['up'], { url, write: (text) => lines.push(text) })).toBe(1);
		expect(lines).toEqual([
			'Connection refused by 127.0.0.1:1 (database nowhere, user somebody): check host and port, and that the server runs.\n',
		]);
	});
});
