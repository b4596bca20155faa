import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { composeFor, samplerFolder } from '../support/sampling.ts';

const database = useDatabase();
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

beforeAll(async () => {
	await database.rows('create table victim (id int)');
	await database.rows('insert into victim values (1)');
	await database.rows(`create function deletes() returns bigint language plpgsql volatile as
		'begin delete from victim; return 0; end'`);
	await database.rows('create sequence counter');
});

const untouched = () => database.rows('select count(*)::int as rows from victim');

function own(sql: string) {
	const folder = samplerFolder({ attack: `-- columns: value integer\n${sql}` });
	cleanups.push(() => folder.remove());
	return folder.path;
}

/** What becomes of an own sampler under a superuser, who may do anything. */
async function attempt(sql: string) {
	const { loop, stop } = composeFor(database.url, { samplers: [own(sql)] });
	cleanups.push(stop);
	const { readings, connection } = await loop.refresh();
	expect(connection.kind).toBe('live');
	// The samplers beside it, and those after it on the same connection, are as ever.
	expect(readings.get('multica/task-queued')).toMatchObject({ kind: 'ok' });
	const again = await loop.refresh();
	expect(again.readings.get('multica/task-queued')).toMatchObject({ kind: 'ok' });
	return readings.get('own/attack');
}

describe('an own sampler, under a superuser', () => {
	it.each([
		[
			'deletes in a WITH',
			'with gone as (delete from victim returning id) select count(*) as value from gone',
		],
		['calls a function that deletes', 'select deletes() as value'],
		['moves a sequence', `select nextval('counter') as value`],
		['locks rows', 'select id as value from victim for update'],
		[
			'lifts the guard by set_config',
			`select set_config('transaction_read_only', 'off', true)::int as value`,
		],
		['writes a large object', 'select lo_create(0)::bigint as value'],
	])('may not write: %s', async (_, sql) => {
		expect(await attempt(sql)).toMatchObject({ kind: 'failed' });
		expect(await untouched()).toEqual([{ rows: 1 }]);
	});

	it.each([
		['select 1 as value; commit; delete from victim'],
		['select 1 as value; delete from victim'],
		[`select 'it''s' as value; drop table victim; --`],
		['select 1 as value /* ; */ ; commit'],
		[`select E'\\'; commit; drop table victim; --' as value; drop table victim`],
		['select $a$ ; $a$ as value; drop table victim'],
		['commit'],
		['begin; select 1 as value'],
		['create table x as select 1 as value'],
		['explain analyze delete from victim'],
		[`do 'begin delete from victim; end'`],
		[`copy victim to program 'true'`],
		['select 1 as value into stolen'],
	])('may not leave its transaction: %s', async (sql) => {
		// Undefined: refused when the file was read, before any server heard of it.
		const reading = await attempt(sql);
		if (reading !== undefined) expect(reading).toMatchObject({ kind: 'failed' });
		expect(await untouched()).toEqual([{ rows: 1 }]);
		expect(await database.rows(`select to_regclass('stolen') as stolen`)).toEqual([
			{ stolen: null },
		]);
	});

	it('has no hold over the time limit of the next one', async () => {
		await attempt(`select set_config('statement_timeout', '0', false)::int as value`);
		await attempt(
			`select length(set_config('default_transaction_read_only', 'off', false)) as value`,
		);
		expect(await untouched()).toEqual([{ rows: 1 }]);
	});
});

describe('the role of sql/roles.sql', () => {
	const password = randomBytes(12).toString('hex');
	beforeAll(async () => {
		await database.rows(readFileSync(new URL('../../sql/roles.sql', import.meta.url), 'utf8'));
		await database.rows(`alter role tidemark_watch password '${password}'`);
	});
	afterAll(() => database.rows('drop owned by tidemark_watch; drop role tidemark_watch'));

	it('can write to nothing, with its own read-only setting off', async () => {
		const watcher = await database.client({ user: 'tidemark_watch', password });
		await watcher.query('set default_transaction_read_only = off; set statement_timeout = 0');
		const tables = await database.rows<{ name: string; first: string }>(
			`select c.oid::regclass::text as name, quote_ident(min(a.attname)) as first
			from pg_class c join pg_attribute a on a.attrelid = c.oid and attnum > 0 and not attisdropped
			where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') group by c.oid`,
		);
		expect(tables.length).toBeGreaterThan(10);
		const denied = { code: '42501' };
		for (const { name, first } of tables) {
			for (const sql of [
				`insert into ${name} default values`,
				`update ${name} set ${first} = default`,
				`delete from ${name}`,
				`truncate ${name}`,
				`lock table ${name} in row exclusive mode`,
				`alter table ${name} add column mine int`,
				`drop table ${name}`,
			]) {
				// What is a view, or has a generated column, is refused for that; never let through.
				await expect(watcher.query(sql), sql).rejects.toMatchObject({
					code: expect.stringMatching(/^(42501|428C9|42809|25P01|55000|0A000)$/),
				});
			}
		}
		for (const sql of [
			'create table mine (id int)',
			'create schema mine',
			'create role mine',
			`alter role tidemark_watch createrole`,
			`copy victim to program 'true'`,
			`select pg_read_file('/etc/hostname')`,
			'select pg_terminate_backend(pid) from pg_stat_activity where usesysid = 10',
			`select nextval('counter')`,
			'select deletes()',
		]) {
			await expect(watcher.query(sql), sql).rejects.toMatchObject(denied);
		}
		expect(await untouched()).toEqual([{ rows: 1 }]);
		await watcher.end();
	});
});
