import { expect } from 'vitest';
import type { TestDatabase } from '../support/database.ts';
import { differenceSql, pipelines } from './pipelines.ts';
import { nth, resetSql } from './world.ts';

/** What a usage row of a test says; the rest is of no interest. */
export interface UsageRow {
	readonly task?: number;
	readonly model?: string;
	readonly inputTokens?: number;
	/** An SQL expression; when it happened. */
	readonly createdAt?: string;
	/** An SQL expression; when it was written. */
	readonly updatedAt?: string;
}

/** The statement that writes a usage row. */
export function usageSql(row: UsageRow = {}): string {
	const {
		task = 1,
		model = 'b',
		inputTokens = 5,
		createdAt = 'now()',
		updatedAt = 'default',
	} = row;
	return `insert into task_usage (task_id, provider, model, input_tokens, created_at, updated_at)
		values ('${nth.task(task)}', 'claude', '${model}', ${inputTokens}, ${createdAt}, ${updatedAt})`;
}

/** Everything empty but for the small world of `world.ts`, whose usage is rolled up. */
export async function reset(database: TestDatabase): Promise<void> {
	await database.rows(
		`${resetSql}; update tidemark_rollup_pipelines set settle_interval = '5 minutes'`,
	);
}

/** All that is queued, consumed now; the watermarks stay. */
export async function drainAll(database: TestDatabase): Promise<void> {
	for (const { window } of pipelines)
		await database.rows(`select ${window}('infinity', 'infinity')`);
}

/** Fails unless every rollup, or the one of that name, is what a GROUP BY over raw says. */
export async function expectLevel(database: TestDatabase, name?: string): Promise<void> {
	for (const each of pipelines.filter((one) => name === undefined || one.name === name)) {
		expect({ [each.name]: await database.rows(differenceSql(each)) }).toEqual({ [each.name]: [] });
	}
}

/**
 * Resolves when the backend waits for a lock that another session holds; fails if `running`, what it
 * was sent, comes back instead.
 */
export async function untilBlocked(
	database: TestDatabase,
	pid: number,
	running: Promise<unknown>,
): Promise<void> {
	let isOver = false;
	const over = () => {
		isOver = true;
	};
	running.then(over, over);
	while (!isOver) {
		const [row] = await database.rows(
			`select cardinality(pg_blocking_pids(${pid})) > 0 as is_blocked`,
		);
		if (row?.is_blocked) return;
	}
	throw new Error('The statement came back without waiting for anybody.');
}

/** Resolves when nobody holds the pipeline's lock: a client hears of an error before its transaction is over. */
export async function untilFree(database: TestDatabase, lock: number): Promise<void> {
	while ((await holders(database, lock)).length > 0);
}

/** Who holds the pipeline's lock in this database, or waits for it. */
export function holders(
	database: TestDatabase,
	lock: number,
): Promise<{ pid: number; granted: boolean }[]> {
	return database.rows(`select pid, granted from pg_locks where locktype = 'advisory' and classid = 0 and objid = ${lock} and objsubid = 1
		and database = (select oid from pg_database where datname = current_database()) order by granted desc`);
}

/** The backend of a connection. */
export async function pidOf(client: {
	query(sql: string): Promise<{ rows: { pid: number }[] }>;
}): Promise<number> {
	const { rows } = await client.query('select pg_backend_pid() as pid');
	return rows[0]?.pid ?? 0;
}
