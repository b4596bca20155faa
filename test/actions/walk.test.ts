import type { Client } from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { actionLock, pipelineLock, takeLock, usersOf } from '../../source/actions/locks.ts';
import { pipelines } from '../../source/actions/pipelines.ts';
import { ActionSession } from '../../source/actions/session.ts';
import { underLock, type Walk, walkSlices } from '../../source/actions/walk.ts';
import { useDatabase } from '../support/database.ts';
import { startProxy } from '../support/proxy.ts';
import { isHeld, type Stage, setStage, until } from './stage.ts';

const database = useDatabase();
const pipeline = pipelines.hourly;
let client: Client;
let stage: Stage;
let session: ActionSession;
beforeAll(async () => {
	client = await database.client();
	await client.query('create table walked (slice int primary key)');
});
beforeEach(async () => {
	stage = setStage(database.url);
	session = await ActionSession.open(stage.context.target);
	await client.query('truncate walked');
});
afterEach(async () => {
	await session.close();
	stage.remove();
});

/** Walks `count` slices that note their number; each is said to take long. */
const walk = (count: number, options: Partial<Walk> = {}): Promise<void> => {
	let at = 0;
	return walkSlices({
		...stage.context,
		session,
		pipeline,
		sleepMs: 0,
		transaction: { statementTimeoutMs: 10_000 },
		next: () => (at < count ? { fromMs: at, toMs: at + 1, rows: 1, predictedMs: 6000 } : undefined),
		async run({ fromMs }, query) {
			await query('insert into walked values ($1)', [fromMs]);
			return { touched: 1 };
		},
		done: () => {
			at += 1;
		},
		...options,
	});
};

const walked = async (): Promise<number[]> =>
	(await client.query('select slice from walked order by 1')).rows.map(({ slice }) => slice);

const held = async (): Promise<boolean> => (await client.query(isHeld(4246))).rows[0].exists;

describe('making way', () => {
	test('a paused walk lets go of the lock, and goes on where it was', async () => {
		const done = walk(4);
		await stage.whenEvent(({ kind }) => kind === 'slice-started');
		stage.context.control.setPaused(true);
		const event = await stage.whenEvent(({ kind }) => kind === 'yielded');
		expect(event).toMatchObject({ reason: { kind: 'paused' } });
		await until(client, `select not (${isHeld(4246)})`);
		const soFar = await walked();
		expect(soFar.length).toBeLessThan(4);
		stage.context.control.setPaused(false);
		await done;
		expect(await walked()).toEqual([0, 1, 2, 3]);
		expect(await held()).toBe(false);
		const turns = ['locked', 'unlocked', 'yielded', 'went-on'];
		expect(stage.events.map(({ kind }) => kind).filter((kind) => turns.includes(kind))).toEqual([
			...['locked', 'yielded', 'unlocked', 'locked', 'went-on', 'unlocked'],
		]);
	});

	test('nobody else may act meanwhile, though the lock is free', async () => {
		const done = walk(3);
		await stage.whenEvent(({ kind }) => kind === 'slice-started');
		stage.context.control.setPaused(true);
		await until(client, `select not (${isHeld(4246)})`);
		const other = await ActionSession.open(stage.context.target);
		const attempt = underLock({ ...stage.context, session: other, pipeline }, async () => {});
		await expect(attempt).rejects.toThrow(
			/the turn to act on the hourly rollup is held by pid \d+ \(tidemark-action/,
		);
		await other.close();
		stage.context.control.setPaused(false);
		await done;
	});

	test('stopping a paused walk ends it', async () => {
		const done = walk(3);
		await stage.whenEvent(({ kind }) => kind === 'slice-started');
		stage.context.control.setPaused(true);
		await stage.whenEvent(({ kind }) => kind === 'yielded');
		stage.stop.abort();
		await expect(done).rejects.toThrow();
	});

	test('a session that waits for the lock gets it between two slices', async () => {
		const waiter = await database.client({ application_name: 'delete-workspace' });
		let got: Promise<unknown> | undefined;
		const order: string[] = [];
		await walk(3, {
			async run({ fromMs }, query) {
				if (fromMs === 0) {
					got = waiter
						.query('select pg_advisory_lock(4246)')
						.then(() => waiter.query('select array_agg(slice order by slice) as done from walked'))
						.then(({ rows }) => {
							order.push(`waiter after ${rows[0].done}`);
							return waiter.query('select pg_advisory_unlock(4246)');
						});
					await until(
						client,
						`select exists (select from pg_locks where locktype = 'advisory' and objid = 4246 and not granted)`,
					);
				}
				await query('insert into walked values ($1)', [fromMs]);
				return { touched: 1 };
			},
		});
		await got;
		expect(order).toEqual(['waiter after 0']);
		expect(await walked()).toEqual([0, 1, 2]);
		const yielded = stage.events.find(({ kind }) => kind === 'yielded');
		expect(yielded).toMatchObject({
			reason: { kind: 'waiter', user: { application: 'delete-workspace' } },
		});
	});

	test('a waiter that can wait for the next slice is let wait', async () => {
		const waiter = await database.client();
		let got: Promise<unknown> | undefined;
		let at = 0;
		await walk(2, {
			next: () => (at < 2 ? { fromMs: at, toMs: at + 1, rows: 1, predictedMs: 10 } : undefined),
			done: () => {
				at += 1;
			},
			async run() {
				got ??= waiter.query('select pg_advisory_xact_lock(4246)');
				await until(
					client,
					`select exists (select from pg_locks where locktype = 'advisory' and objid = 4246 and not granted)`,
				);
				return { touched: 0 };
			},
		});
		await got;
		expect(stage.events.some(({ kind }) => kind === 'yielded')).toBe(false);
	});
});

describe('a connection that is lost', () => {
	const terminate = () => client.query('select pg_terminate_backend($1)', [session.pid]);
	const lost = {
		outcome: 'stopped',
		message: expect.stringMatching(
			/^The connection was lost \(terminating connection due to administrator command\)/,
		),
	};

	test('while it is paused is noticed', async () => {
		const done = walk(3);
		done.catch(() => {});
		await stage.whenEvent(({ kind }) => kind === 'slice-started');
		stage.context.control.setPaused(true);
		await until(client, `select not (${isHeld(4246)})`);
		await terminate();
		await expect(done).rejects.toMatchObject(lost);
	});

	test('while it sleeps is noticed', async () => {
		const done = walk(3, { sleepMs: 600_000 });
		done.catch(() => {});
		await stage.whenEvent(({ kind }) => kind === 'slice-done');
		await terminate();
		await expect(done).rejects.toMatchObject(lost);
		expect(await walked()).toEqual([0]);
	});

	test('in a commit leaves it unknown whether that was kept, also when it was to stop', async () => {
		const proxy = await startProxy(database.url);
		const far = await ActionSession.open(setStage(proxy.url).context.target);
		const done = walk(1, {
			session: far,
			async run(_, query) {
				await query('insert into walked values (0)');
				return { touched: 1 };
			},
			done() {
				throw new Error('it was not committed');
			},
		});
		const commit = far.query;
		far.query = async <Row extends object>(sql: string, values?: readonly unknown[]) => {
			if (sql === 'commit') {
				proxy.freeze();
				process.nextTick(() => {
					stage.stop.abort();
					proxy.reset();
					proxy.thaw();
				});
			}
			return commit<Row>(sql, values);
		};
		await expect(done).rejects.toMatchObject({ outcome: 'unknown' });
		await far.close();
		await proxy.close();
	});
});

describe('stopping', () => {
	test('between two statements asks no other', async () => {
		const done = walk(1, {
			async run(_, query) {
				await query('insert into walked values (7)');
				stage.stop.abort();
				await query('insert into walked values (8)');
				throw new Error('it was asked all the same');
			},
		});
		await expect(done).rejects.toThrow('This operation was aborted');
		expect(await walked()).toEqual([]);
	});

	test('too late for a commit does not meet what is asked next', async () => {
		const stop = new AbortController();
		const committed = await session.transaction(
			{ statementTimeoutMs: 10_000 },
			async (query) => {
				await query('insert into walked values (5)');
				// When the commit is on its way.
				process.nextTick(() => stop.abort());
				return true;
			},
			stop.signal,
		);
		expect(committed).toBe(true);
		await session.query('select pg_sleep(0.1)');
		expect(await walked()).toEqual([5]);
	});
});

test('limits of the server on a session do not end one that is paused, or at work', async () => {
	const names = ['idle_session_timeout', 'transaction_timeout'];
	for (const name of names)
		await client.query(`alter database ${database.name} set ${name} = '1h'`);
	const limited = await ActionSession.open(stage.context.target);
	const limits = await limited.query<{ setting: string }>(
		'select setting from pg_settings where name = any ($1)',
		[names],
	);
	await limited.close();
	for (const name of names) await client.query(`alter database ${database.name} reset ${name}`);
	expect(limits.map(({ setting }) => setting)).toEqual(['0', '0']);
});

describe('trying again', () => {
	test('a deadlock that the slice loses is tried again', async () => {
		let attempts = 0;
		await walk(1, {
			async run(_, query) {
				attempts += 1;
				if (attempts === 1)
					await query(`do $$ begin raise exception 'lost' using errcode = '40P01'; end $$`);
				await query('insert into walked values (9)');
				return { touched: 1 };
			},
		});
		expect(attempts).toBe(2);
		expect(await walked()).toEqual([9]);
		expect(stage.events).toContainEqual(
			expect.objectContaining({ kind: 'slice-retried', reason: 'lost' }),
		);
	});

	test('any other error ends it, with the slice rolled back and the lock free', async () => {
		const failing = walk(3, {
			async run({ fromMs }, query) {
				await query('insert into walked values ($1)', [fromMs]);
				if (fromMs === 1) await query('select 1 / 0');
				return { touched: 1 };
			},
		});
		await expect(failing).rejects.toThrow('division by zero');
		expect(await walked()).toEqual([0]);
		expect(await held()).toBe(false);
	});
});

describe('a slice', () => {
	test('is bounded by the server, and told by its name', async () => {
		const settings: Record<string, string>[] = [];
		await walk(1, {
			async run(_, query) {
				settings.push(
					...(await query<Record<string, string>>(
						`select name, setting from pg_settings where name = any ($1) order by name`,
						[['application_name', 'lock_timeout', 'statement_timeout']],
					)),
				);
				return { touched: 0 };
			},
		});
		expect(settings).toEqual([
			{ name: 'application_name', setting: 'tidemark-action' },
			{ name: 'lock_timeout', setting: '5000' },
			{ name: 'statement_timeout', setting: '10000' },
		]);
	});
});

describe('a lock', () => {
	test('is looked up, never tried: who only looks holds nothing', async () => {
		await usersOf(session.query, pipelineLock(pipeline));
		await usersOf(session.query, actionLock(pipeline));
		expect(await held()).toBe(false);
	});

	test('of another database is another lock', async () => {
		const elsewhere = await database.client({ database: 'postgres' });
		await elsewhere.query('select pg_advisory_lock(4246)');
		expect(await usersOf(session.query, pipelineLock(pipeline))).toEqual([]);
		await takeLock(session, pipelineLock(pipeline), { waitMs: 0 });
		expect(await held()).toBe(true);
	});

	test('that comes free while waiting is taken', async () => {
		const holder = await database.client();
		await holder.query('select pg_advisory_lock(4246)');
		let told = 0;
		await takeLock(session, pipelineLock(pipeline), {
			waitMs: Number.POSITIVE_INFINITY,
			onBusy() {
				told += 1;
				if (told === 1) void holder.query('select pg_advisory_unlock(4246)');
			},
		});
		expect(told).toBe(1);
		expect(
			await usersOf(client.query.bind(client) as never, pipelineLock(pipeline)).catch(() => []),
		).toBeDefined();
		expect(await held()).toBe(true);
	});

	test('whose holder this role may not look at is named by its pid', async () => {
		await client.query(
			`do $$ begin create role actor_plain login password 'plain'; exception when duplicate_object then null; end $$`,
		);
		const holder = await database.client({ application_name: 'somebody' });
		await holder.query('select pg_advisory_lock(4246)');
		const url = new URL(database.url);
		url.username = 'actor_plain';
		url.password = 'plain';
		const plain = await ActionSession.open(setStage(url.href).context.target);
		await expect(takeLock(plain, pipelineLock(pipeline), { waitMs: 0 })).rejects.toThrow(
			/held by pid \d+ \(somebody.*pg_read_all_stats/,
		);
		await plain.close();
	});
});
