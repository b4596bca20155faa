import type { Client } from 'pg';
import type { Connection } from '../connection.ts';
import { pipelines } from '../pipelines.ts';
import type { Switches } from './switches.ts';

/** Every pipeline is ticked this often, one after the other. */
export const tickSeconds = 60;

const begin = `
insert into sys_cron_executions (job_name, plan_time, status, started_at, heartbeat_at, stale_after, runner_id)
values ($1, date_trunc('minute', now()), 'RUNNING', now(), now(), now() + interval '10 minutes', 'demo-scheduler-1')
returning id`;

const succeed = `
update sys_cron_executions set status = 'SUCCESS', finished_at = now(), heartbeat_at = now(),
	rows_affected = $2 where id = $1`;

const fail = `
update sys_cron_executions set status = 'FAILED', finished_at = now(), heartbeat_at = now(),
	error_code = $2, error_msg = $3 where id = $1`;

/** One second of the application's scheduler: at each pipeline's turn, its tick and the audit row. */
export async function stepTicks(
	connection: Connection,
	second: number,
	switches: Switches,
): Promise<void> {
	for (const [index, { name, tickFunction }] of pipelines.entries()) {
		const turn = (index * tickSeconds) / pipelines.length;
		if (second % tickSeconds === turn && switches.ticked.has(name)) {
			await runTick(await connection.client(), tickFunction);
		}
	}
}

/** Ticks once, as the scheduler does it: the outcome is in its table, a failure raises nothing. */
export async function runTick(client: Client, tickFunction: string): Promise<void> {
	const { rows } = await client.query(begin, [tickFunction]);
	const id: string = rows[0].id;
	try {
		const result = await client.query(`select ${tickFunction}() as moved`);
		await client.query(succeed, [id, result.rows[0].moved]);
	} catch (error) {
		const { code, message } = error as { code?: string; message: string };
		await client.query(fail, [id, code, message]);
	}
}
