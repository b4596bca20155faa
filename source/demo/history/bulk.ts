import type { Client } from 'pg';
import { withClient } from '../connection.ts';
import { idFunction } from '../shape.ts';

/** One piece of work on a connection, done as one transaction. */
export type BulkJob = (client: Client) => Promise<unknown>;

/** Where and how bulk work is done. */
export interface BulkTarget {
	readonly url: string;
	/** Makes the server's random numbers repeat. */
	readonly seed: number;
}

/** As many jobs run at once: a start should be quick, and a laptop not choke. */
const connections = 2;

/**
 * Runs the jobs, some at once and each as one transaction, without foreign-key checks and triggers:
 * what is written here is known to fit. The first failure is thrown when all have ended.
 */
export async function runInBulk(target: BulkTarget, jobs: readonly BulkJob[]): Promise<void> {
	const waiting = [...jobs.entries()];
	const work = () =>
		withClient(target.url, async (client) => {
			await client.query(idFunction);
			await client.query('set session_replication_role = replica');
			await client.query(`set work_mem = '64MB'`);
			for (let next = waiting.shift(); next; next = waiting.shift()) {
				const [index, job] = next;
				await client.query('select setseed($1)', [((target.seed * 31 + index) % 1000) / 1000]);
				await client.query('begin');
				await job(client);
				await client.query('commit');
			}
		});
	const workers = Array.from({ length: Math.min(connections, jobs.length) }, work);
	const ends = await Promise.allSettled(workers);
	for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
