import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { diagnoseOnce, evidence } from '../health/diagnosis/diagnosed.ts';
import { useDatabase } from '../support/database.ts';
import { queries } from '../usage/query.ts';
import { catalog, lists } from './catalog.ts';

const database = useDatabase();
const password = randomBytes(12).toString('hex');
let client: pg.Client;
let watcher: pg.Client;
let sql: string;

beforeAll(async () => {
	sql = await readFile(new URL('../../sql/roles.sql', import.meta.url), 'utf8');
	client = await database.client();
	await client.query(sql);
	await client.query(`alter role tidemark_watch password '${password}'`);
	watcher = await database.client({ user: 'tidemark_watch', password });
});
afterAll(async () => {
	await watcher.end();
	await client.query('drop owned by tidemark_watch; drop role tidemark_watch');
});

/** What the samplers, the diagnosis, the lists and usage need of the tables that exist here, as `table.column`. */
async function needed(): Promise<string[]> {
	// A task's error and an issue's title are free text, which the role doesn't get: there are variants without.
	const looked = lists.samplers.filter(({ variant }) => variant !== 'error' && variant !== 'title');
	const names = [...catalog.samplers, ...evidence.samplers, ...looked, ...queries.samplers]
		.flatMap((sampler) => sampler.needs)
		.flatMap((need) =>
			need.kind === 'table' ? need.columns.map((column) => `${need.table}.${column}`) : [],
		);
	// Read where it is there: only tidemark's own queues name tasks.
	const optional = ['daily', 'dashboard', 'hourly'].map(
		(name) => `task_usage_${name}_dirty.task_id`,
	);
	const { rows } = await client.query<{ name: string }>(
		`select relname || '.' || attname as name from pg_attribute join pg_class on pg_class.oid = attrelid
		where attnum > 0 and not attisdropped and relname || '.' || attname = any ($1) order by 1`,
		[[...new Set([...names, ...optional])]],
	);
	return rows.map((row) => row.name);
}

test('the role reads what samplers, diagnosis, lists and usage need, and nothing else', async () => {
	const { rows } = await watcher.query<{ name: string }>(
		`select relname || '.' || attname as name
		from pg_attribute join pg_class on pg_class.oid = attrelid
		where relnamespace = current_schema()::regnamespace and relkind in ('r', 'v', 'm', 'p')
		and attnum > 0 and not attisdropped and has_column_privilege(attrelid, attnum, 'select') order by 1`,
	);
	expect(rows.map((row) => row.name)).toEqual(await needed());
});

test('the role writes nothing, not even what it reads', async () => {
	await expect(watcher.query('delete from workspace')).rejects.toMatchObject({ code: '25006' });
	await watcher.query('set default_transaction_read_only = off');
	await expect(watcher.query('delete from workspace')).rejects.toMatchObject({ code: '42501' });
});

test('it is bounded whoever forgets to say so', async () => {
	const { rows } = await (await database.client({ user: 'tidemark_watch', password })).query(
		`select name, setting from pg_settings where name in ('statement_timeout', 'jit', 'lock_timeout') order by name`,
	);
	expect(rows).toEqual([
		{ name: 'jit', setting: 'off' },
		{ name: 'lock_timeout', setting: '250' },
		{ name: 'statement_timeout', setting: '2000' },
	]);
});

test('it is enough for a diagnosis without gaps', async () => {
	const url = new URL(database.url);
	url.username = 'tidemark_watch';
	url.password = password;
	const { gaps, findings } = await diagnoseOnce(url.href);
	expect({ gaps, findings }).toEqual({ gaps: [], findings: [] });
});

test('it may be run again, and by one who is no superuser', async () => {
	const owner = `tidemark_owner_${randomBytes(4).toString('hex')}`;
	await client.query(sql);
	await client.query('drop owned by tidemark_watch; drop role tidemark_watch');
	await client.query(`create role ${owner} login createrole password '${password}'`);
	const { rows } = await client.query<{ name: string }>(
		`select quote_ident(relname) as name from pg_class
		where relnamespace = current_schema()::regnamespace and relkind = 'r' and relowner = current_user::regrole`,
	);
	for (const { name } of rows) await client.query(`alter table ${name} owner to ${owner}`);
	const maker = await database.client({ user: owner, password });
	await maker.query(sql);
	await maker.query(sql);
	await maker.query(`alter role tidemark_watch password '${password}'`);
	const other = await database.client({ user: 'tidemark_watch', password });
	expect((await other.query('select count(*)::int as n from workspace')).rows).toEqual([{ n: 0 }]);
	await other.end();
	await maker.end();
	await client.query('drop owned by tidemark_watch; drop role tidemark_watch');
	await client.query(`reassign owned by ${owner} to current_user; drop owned by ${owner}`);
	await client.query(sql);
	await client.query(`drop role ${owner}`);
});

test('it finds tables outside of public, as whoever makes it does', async () => {
	const [elsewhere, role] = ['Else where', `tidemark_elsewhere_${randomBytes(4).toString('hex')}`];
	const maker = await database.client();
	await maker.query(`create schema "${elsewhere}"`);
	await maker.query(`set search_path = "${elsewhere}", public`);
	await maker.query('create table workers (id text, last_heartbeat_at timestamptz, secret text)');
	await maker.query(sql.replaceAll('tidemark_watch', role));
	await maker.query(`alter role ${role} password '${password}'`);
	const other = await database.client({ user: role, password });
	const { rows } = await other.query(
		`select to_regclass('workers')::text as workers, to_regclass('runs')::text as runs`,
	);
	expect(rows).toEqual([{ workers: 'workers', runs: 'runs' }]);
	expect((await other.query('select id, last_heartbeat_at from workers')).rows).toEqual([]);
	await expect(other.query('select secret from workers')).rejects.toMatchObject({ code: '42501' });
	await other.end();
	await maker.query(`drop owned by ${role}; drop role ${role}; drop schema "${elsewhere}" cascade`);
	await maker.end();
});
