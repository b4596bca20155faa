import type { Client } from 'pg';
import { idFunction } from '../shape.ts';
import { insertReference } from './reference.ts';
import { fillRollups } from './rollups.ts';
import { insertRunHistory } from './runs.ts';
import { insertSchedulerHistory } from './scheduler.ts';
import { insertTaskHistory } from './tasks.ts';

/** Changes when the history made here does: a database of another version is made anew. */
export const historyVersion = 1;

const dayMs = 86_400_000;
/** Usage of this first part of the history is older than the column `updated_at`. */
const legacyPart = 1 / 7;

/** Where a database's history stands. */
export interface HistoryState {
	readonly version: number;
	/** Until when it has been filled in, or lived. */
	readonly aliveAt: Date;
}

/** Reads what `writeHistory` noted; undefined in a database that it never finished. */
export async function readHistoryState(client: Client): Promise<HistoryState | undefined> {
	const { rows: found } = await client.query(`select to_regclass('tidemark_demo.state') as state`);
	if (found[0].state === null) return undefined;
	const { rows } = await client.query('select version, alive_at from tidemark_demo.state');
	return rows[0] && { version: rows[0].version, aliveAt: rows[0].alive_at };
}

/** Gives a database that has only the schema a history of some days, usually a month. */
export async function writeHistory(
	client: Client,
	options: { seed: number; days: number; onProgress: (step: string) => void },
): Promise<void> {
	const { seed, days, onProgress } = options;
	const to = new Date();
	const from = new Date(to.getTime() - days * dayMs);
	const legacyBefore = new Date(from.getTime() + days * legacyPart * dayMs);
	await inBulk(client, seed, async () => {
		onProgress('Writing a month of history: workspaces, agents, runtimes');
		await insertReference(client);
		await client.query('analyze');
		await fillRange(client, { from, to, legacyBefore }, onProgress);
		await client.query('create schema tidemark_demo');
		await client.query(
			'create table tidemark_demo.state (version int not null, alive_at timestamptz not null)',
		);
		await client.query('insert into tidemark_demo.state values ($1, $2)', [historyVersion, to]);
	});
	await client.query('vacuum analyze');
}

/** Fills in the time since the demo last lived, so that a later start shows no hole. */
export async function continueHistory(
	client: Client,
	seed: number,
	onProgress: (step: string) => void,
): Promise<void> {
	await inBulk(client, seed, async () => {
		const to = new Date();
		const from = await lastLife(client, to);
		await client.query('update agent_runtime set last_seen_at = now(), status = $1', ['online']);
		await fillRange(client, { from, to, legacyBefore: from }, onProgress);
		await client.query('update tidemark_demo.state set alive_at = $1', [to]);
	});
}

/**
 * Just after the demo last did something; its own note is up to half a minute old. A Date ends at
 * the millisecond, the server's times don't, so one is added.
 */
async function lastLife(client: Client, to: Date): Promise<Date> {
	const { rows } = await client.query(
		`select least($1, greatest(
			(select alive_at from tidemark_demo.state),
			(select max(created_at) from task_usage),
			(select max(completed_at) from agent_task_queue where status in ('completed', 'failed', 'cancelled')),
			(select max(started_at) from agent_task_queue where status = 'running'),
			(select max(queued_at) from runs)) + interval '1 millisecond') as at`,
		[to],
	);
	return rows[0].at;
}

async function fillRange(
	client: Client,
	range: { from: Date; to: Date; legacyBefore: Date },
	onProgress: (step: string) => void,
): Promise<void> {
	onProgress('Filling in tasks, usage and chats');
	await insertTaskHistory(client, range);
	onProgress('Filling in runs and scheduler');
	await insertRunHistory(client, range);
	await insertSchedulerHistory(client, range);
	onProgress('Rolling usage up');
	await fillRollups(client, range.from);
}

/** One transaction without foreign-key checks and triggers: what is written here is known to fit. */
async function inBulk(client: Client, seed: number, work: () => Promise<void>): Promise<void> {
	await client.query(idFunction);
	await client.query('begin');
	await client.query('set local session_replication_role = replica');
	await client.query(`set local work_mem = '64MB'`);
	await client.query('select setseed($1)', [(seed % 1000) / 1000]);
	await work();
	await client.query('commit');
}
