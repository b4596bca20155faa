import { afterEach, describe, expect, it } from 'vitest';
import { sqlstateOf } from '../../source/errors.ts';
import type { Answer } from '../../source/postgres/message.ts';
import { openSession } from '../../source/postgres/open-session.ts';
import type { Session } from '../../source/postgres/session.ts';
import { useDatabase } from '../support/database.ts';
import { startProxy } from '../support/proxy.ts';
import { targetOf } from '../support/target.ts';

const database = useDatabase({ template: 'empty' });
const opened: Session[] = [];

async function open(url = database.url): Promise<Session> {
	const { session } = await openSession(targetOf(url), {});
	opened.push(session);
	return session;
}

afterEach(async () => {
	await Promise.all(opened.splice(0).map((session) => session.close()));
});

const ask = (sql: string, timeoutMs = 1000) => ({ sql, timeoutMs });
const firstCell = (answer: Answer | undefined) =>
	answer?.kind === 'rows' ? Object.values(answer.rows[0] ?? {})[0] : answer?.error.message;

describe('a message', () => {
	it('is a read-only transaction of its own', async () => {
		const session = await open();
		const [first, second, third] = await session.run([
			ask(
				'select pg_current_xact_id_if_assigned() is null and current_setting($$transaction_read_only$$) = $$on$$',
			),
			ask('create table t (id int)'),
			ask('select 3'),
		]);
		expect(firstCell(first)).toBe('t');
		expect(second?.kind === 'error' && sqlstateOf(second.error)).toBe('25006');
		expect(firstCell(third)).toBe('3');
	});

	it('is cancelled by the server at its own limit, and takes nothing else with it', async () => {
		const session = await open();
		const started = performance.now();
		const answers = await session.run([
			ask('select 1'),
			ask('select pg_sleep(30)', 150),
			ask("select current_setting('statement_timeout')", 777),
		]);
		const slow = answers[1];
		expect(slow?.kind === 'error' && sqlstateOf(slow.error)).toBe('57014');
		expect(slow?.kind === 'error' && slow.tookMs).toBeGreaterThanOrEqual(150);
		expect(performance.now() - started).toBeLessThan(2000);
		expect(firstCell(answers[0])).toBe('1');
		expect(firstCell(answers[2])).toBe('777ms');
	});

	it('reports the time the server took and the clock it has', async () => {
		const session = await open();
		const [answer] = await session.run([ask('select pg_sleep(0.05)')]);
		const [row] = await database.rows<{ now: number }>(
			'select extract(epoch from clock_timestamp())::float8 * 1000 as now',
		);
		if (answer?.kind !== 'rows') throw answer?.error;
		expect(answer.serverMs).toBeGreaterThanOrEqual(50);
		expect(answer.serverMs).toBeLessThan(1000);
		expect(Math.abs(answer.at - (row?.now ?? 0))).toBeLessThan(5000);
	});

	it('binds values, of which the server never sees a part as text of the query', async () => {
		const session = await open();
		const [answer] = await session.run([
			{
				...ask(
					'select $1::text as text, $2::int + 1 as next, $3::bool as yes, $4::text as none, $5::text[] as list',
				),
				values: [
					"'; drop table t; --",
					41,
					true,
					null,
					['a,b', 'c"d\\e', '', 'null', 'two\nlines'],
				],
			},
		]);
		expect(answer?.kind === 'rows' && answer.rows).toEqual([
			{
				text: "'; drop table t; --",
				next: '42',
				yes: 't',
				none: null,
				list: '{"a,b","c\\"d\\\\e","","null","two\nlines"}',
			},
		]);
	});

	it('may end in a comment', async () => {
		const session = await open();
		const [answer] = await session.run([ask('select 7 -- seven')]);
		expect(firstCell(answer)).toBe('7');
	});
});

describe('what is asked again and again', () => {
	const kept = (sql: string) => ({ ...ask(sql), isKept: true });
	/** Besides the two statements around each message. */
	const plans = async (session: Session) => {
		const [answer] = await session.run([
			ask(
				`select count(*)::int as statements, sum(generic_plans + custom_plans)::int as runs
				from pg_prepared_statements where statement like '%asked%'`,
			),
		]);
		if (answer?.kind !== 'rows') throw answer?.error;
		return answer.rows[0];
	};

	it('is parsed and planned once by the server', async () => {
		const session = await open();
		for (const _ of [1, 2, 3]) {
			const answers = await session.run([kept('select 5 as asked'), ask('select 6 as asked')]);
			expect(answers.map(firstCell)).toEqual(['5', '6']);
		}
		expect(await plans(session)).toEqual({ statements: '1', runs: '3' });
		session.replan();
		await session.run([kept('select 5 as asked')]);
		expect(await plans(session)).toEqual({ statements: '1', runs: '1' });
	});

	it('is parsed anew after a failure, whatever came before it', async () => {
		const session = await open();
		const sql = 'select id from made_later';
		const failing = await session.run([kept(sql), kept('select 1'), kept(sql)]);
		expect(failing.map(firstCell)).toEqual([
			'relation "made_later" does not exist',
			'1',
			'relation "made_later" does not exist',
		]);
		await database.rows('create table made_later as select 1 as id');
		expect((await session.run([kept(sql), kept('select 2')])).map(firstCell)).toEqual(['1', '2']);
	});

	it('answers in the types that its columns have now', async () => {
		await database.rows('create table changing as select 1::int as id');
		const session = await open();
		const questions = [kept('select id from changing'), kept('select 2')];
		expect((await session.run(questions)).map(firstCell)).toEqual(['1', '2']);
		await database.rows("alter table changing alter id type text using 'one'");
		expect((await session.run(questions)).map(firstCell)).toEqual(['one', '2']);
	});

	it('is asked as text once something has taken away what was kept', async () => {
		const session = await open();
		const questions = [kept('select 1'), kept('select 2')];
		expect((await session.run(questions)).map(firstCell)).toEqual(['1', '2']);
		const [names] = await session.run([
			ask(
				"select string_agg(name, ',') from pg_prepared_statements where statement ~ '^select .$'",
			),
		]);
		const [first, second] = String(firstCell(names)).split(',');
		await session.run([ask(`deallocate ${first}`), ask(`deallocate ${second}`)]);
		expect((await session.run(questions)).map(firstCell)).toEqual(['1', '2']);
		expect((await session.run(questions)).map(firstCell)).toEqual(['1', '2']);
	});
});

describe('the session', () => {
	it('is read-only in itself, has a name, and bounds locks and idle transactions', async () => {
		const session = await open();
		const row = await session.ask<Record<string, string>>(
			`select current_setting('default_transaction_read_only') as read_only,
				current_setting('application_name') as name,
				current_setting('lock_timeout') as lock_timeout,
				current_setting('idle_in_transaction_session_timeout') as idle_timeout`,
			[],
		);
		expect(row).toEqual({
			read_only: 'on',
			name: 'tidemark',
			lock_timeout: '250ms',
			idle_timeout: '5s',
		});
	});

	it('gives up a lock that somebody else holds', async () => {
		await database.rows('create table locked (id int)');
		const holder = await database.client();
		await holder.query('begin; lock table locked in access exclusive mode');
		const session = await open();
		const [answer] = await session.run([ask('select * from locked', 5000)]);
		expect(answer?.kind === 'error' && sqlstateOf(answer.error)).toBe('55P03');
		await holder.query('rollback');
	});

	it('sends any number of messages in one round trip', async () => {
		const proxy = await startProxy(database.url);
		try {
			const session = await open(proxy.url);
			await session.run([ask('select 1')]);
			proxy.setDelayMs(50);
			const before = proxy.trips();
			const answers = await session.run(
				Array.from({ length: 25 }, (_, index) => ask(`select ${index}`)),
			);
			expect(answers.map(firstCell)).toEqual(answers.map((_, index) => String(index)));
			expect(proxy.trips() - before).toBe(1);
		} finally {
			proxy.setDelayMs(0);
			await proxy.close();
		}
	});

	it('says when the server ended it', async () => {
		const session = await open();
		const row = await session.ask<{ pid: number }>('select pg_backend_pid() as pid', []);
		const running = session.run([ask('select pg_sleep(30)', 20_000), ask('select 1')]);
		const refused = expect(running).rejects.toThrow(/terminat/);
		await expect
			.poll(() =>
				database.rows('select wait_event from pg_stat_activity where pid = $1', [row.pid]),
			)
			.toEqual([{ wait_event: 'PgSleep' }]);
		await database.rows('select pg_terminate_backend($1)', [row.pid]);
		await refused;
		expect((await session.gone).message).toMatch(/terminat/);
	});

	it('blames nobody for the time that it stood still itself', async () => {
		const session = await open();
		const running = session.run([ask('select 1', 10)]);
		// Once the question has left, nothing of ours runs until the answer is long overdue.
		setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3300));
		expect((await running).map(firstCell)).toEqual(['1']);
	});

	it('gives up a line that has gone silent', async () => {
		const proxy = await startProxy(database.url);
		try {
			const session = await open(proxy.url);
			proxy.freeze();
			await expect(session.run([ask('select 1', 10)])).rejects.toThrow(
				/^\w+@127\.0\.0\.1:\d+\/\w+ has not answered for 3 s: the server is frozen/,
			);
		} finally {
			await proxy.close();
		}
	});
});
