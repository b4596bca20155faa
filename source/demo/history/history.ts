import type { Client } from 'pg';
import { withClient } from '../connection.ts';
import { presentPipelines } from '../pipelines.ts';
import { type BulkTarget, runInBulk } from './bulk.ts';
import { insertReference } from './reference.ts';
import { fillRollup } from './rollups.ts';
import { insertRuns } from './runs.ts';
import { insertSchedulerHistory } from './scheduler.ts';
import {
	finishInterrupted,
	type HistoryRange,
	insertMessages,
	insertTasks,
	insertUsage,
} from './tasks.ts';

/** Changes when the history made here does: a database of another version is made anew. */
export const historyVersion = 3;

const dayMs = 86_400_000;
/** Usage of this first part of the history is older than the column `updated_at`. */
const legacyPart = 1 / 7;
/** Half of a growing history's tasks lie after this part of it. */
const middlePart = 0.62;

/** Where a database's history stands. */
export interface HistoryState {
	/** What made it, as given to `writeHistory`. */
	readonly version: string;
	/** False while history is being filled in. */
	readonly isWhole: boolean;
	/** Until when it has been filled in, or lived. */
	readonly aliveAt: Date;
}

/** Reads what `writeHistory` noted; undefined in a database that it never touched. */
export async function readHistoryState(client: Client): Promise<HistoryState | undefined> {
	const { rows: found } = await client.query(`select to_regclass('tidemark_demo.state') as state`);
	if (found[0].state === null) return undefined;
	const { rows } = await client.query('select * from tidemark_demo.state');
	return (
		rows[0] && { version: rows[0].version, isWhole: rows[0].is_whole, aliveAt: rows[0].alive_at }
	);
}

/** Gives a database that has only the schema a history of some days, usually a month. */
export async function writeHistory(
	target: BulkTarget,
	options: { days: number; version: string; onProgress: (step: string) => void },
): Promise<void> {
	const { days, version, onProgress } = options;
	const to = new Date();
	const from = new Date(to.getTime() - days * dayMs);
	onProgress('Writing history: workspaces, agents, runtimes');
	await runInBulk(target, [insertReference]);
	const legacyBefore = new Date(from.getTime() + days * legacyPart * dayMs);
	await fillRange(target, { from, to }, legacyBefore, onProgress);
	await withClient(target.url, async (client) => {
		await client.query('create schema tidemark_demo');
		await client.query(
			`create table tidemark_demo.state as
			select $1::text as version, true as is_whole, $2::timestamptz as alive_at`,
			[version, to],
		);
	});
}

/** What waits when history ends has waited for no time yet: filling it in took a while. */
export const freshen = `
	update runs set queued_at = now(), run_at = now() where status = 'QUEUED' and run_at <= now();
	update agent_task_queue set created_at = now() where status = 'queued';
	update agent_task_queue set dispatched_at = now() where status = 'dispatched'`;

/** Fills in the time since the demo last lived, so that a later start shows no hole. */
export async function continueHistory(target: BulkTarget): Promise<void> {
	await withClient(target.url, async (client) => {
		// What is noted here must not be lost when the server is killed a moment later.
		await client.query('set synchronous_commit = on');
		const to = new Date();
		const from = await lastLife(client, to);
		await client.query('update tidemark_demo.state set is_whole = false');
		await client.query(`update agent_runtime set last_seen_at = now(), status = 'online'`);
		await client.query(finishInterrupted, [from]);
		await fillRange(target, { from, to }, from, () => {});
		await client.query('update tidemark_demo.state set is_whole = true, alive_at = $1', [to]);
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
	target: BulkTarget,
	range: HistoryRange,
	legacyBefore: Date,
	onProgress: (step: string) => void,
): Promise<void> {
	const isNew = legacyBefore > range.from;
	const halves = split(range);
	onProgress('Writing history: tasks');
	await runInBulk(
		target,
		halves.map((half) => (client) => insertTasks(client, half, range.to)),
	);
	onProgress('Writing history: usage, chats, runs');
	await runInBulk(target, [
		...halves.map((half) => (client: Client) => insertUsage(client, half, legacyBefore)),
		(client) => insertMessages(client, range),
		(client) => insertRuns(client, range),
		(client) => insertSchedulerHistory(client, range),
	]);
	onProgress('Rolling usage up');
	const pipelines = await withClient(target.url, async (client) => {
		// Without statistics the windows of a new database would be planned for empty tables.
		if (isNew) await client.query('analyze');
		return presentPipelines(client);
	});
	await runInBulk(
		target,
		pipelines.map((each) => (client) => fillRollup(client, each, range.from)),
	);
	// A copy for a fault is made before autovacuum comes, and counts no changes to come for.
	if (isNew) {
		const tables = pipelines.map(({ table }) => table).join(', ');
		await withClient(target.url, (client) => client.query(`analyze ${tables}`));
	}
}

function split({ from, to }: HistoryRange): readonly [HistoryRange, HistoryRange] {
	const middle = new Date(from.getTime() + (to.getTime() - from.getTime()) * middlePart);
	return [
		{ from, to: middle },
		{ from: middle, to },
	];
}
