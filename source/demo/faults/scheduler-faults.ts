import { pipeline, presentPipelines } from '../pipelines.ts';
import type { Fault } from './fault.ts';
import { stopTicks } from './rollup-damage.ts';

/** The tables of pg_cron, which the embedded server lacks, with what the extension keeps in them. */
const cronTables = `
	create schema cron;
	create table cron.job (jobid bigint primary key, schedule text, command text, database text,
		username text, active boolean, jobname text);
	create table cron.job_run_details (jobid bigint, runid bigint primary key, database text, username text,
		command text, status text, return_message text, start_time timestamptz, end_time timestamptz)`;

/** Faults of who ticks the rollups, by name. */
export const schedulerFaults = {
	'abandoned-tick': {
		summary: "the scheduler's process died in the middle of a tick, and nobody took over",
		disturb(switches) {
			switches.ticked.clear();
		},
		async inject({ client }) {
			for (const each of await presentPipelines(client)) {
				await stopTicks(client, each, '25 minutes');
				await client.query(
					`insert into sys_cron_executions (job_name, plan_time, status, started_at, heartbeat_at, stale_after, runner_id)
					select $1, at, 'RUNNING', at, at, at + interval '10 minutes', 'demo-scheduler-1'
					from (select now() - interval '25 minutes' as at) died`,
					[each.tickFunction],
				);
			}
		},
	},
	'two-tickers': {
		summary: 'both the scheduler of the application and pg_cron tick the hourly rollup',
		async inject({ client }) {
			const { tickFunction } = pipeline('hourly');
			const command = `select ${tickFunction}()`;
			await client.query(cronTables);
			await client.query(
				`insert into cron.job values (1, '*/5 * * * *', $1, current_database(), current_user, true, 'rollup')`,
				[command],
			);
			await client.query(
				`insert into cron.job_run_details
				select 1, 20 - n, current_database(), current_user, $1, 'succeeded', '1 row', at, at + interval '1 second'
				from generate_series(0, 11) n, lateral (select now() - interval '90 seconds' - n * interval '5 minutes' as at) run`,
				[command],
			);
		},
	},
} satisfies Record<string, Fault>;
