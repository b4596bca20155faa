import { pipelines } from '../../../source/health/diagnosis/rollups/pipelines.ts';
import type { TestDatabase } from '../../support/database.ts';

type Name = (typeof pipelines)[number]['name'];

const chosen = (only: Name | undefined) =>
	pipelines.filter(({ name }) => only === undefined || name === only);

/** Makes the state of the rollup pipelines for a test, and takes it back. */
export function rollupRows(database: TestDatabase) {
	return {
		/** One task with one usage row of that age. */
		usage: (age: string) =>
			database.rows(
				`with w as (insert into workspace default values returning id),
				r as (insert into agent_runtime (workspace_id, name, last_seen_at) select id, 'r', now() from w returning id, workspace_id),
				a as (insert into agent (workspace_id, runtime_id, name) select workspace_id, id, 'a' from r returning id, runtime_id),
				t as (
					insert into agent_task_queue (agent_id, runtime_id, status, created_at, completed_at)
					select id, runtime_id, 'completed', now() - $1::interval, now() - $1::interval from a returning id
				)
				insert into task_usage (task_id, provider, model, input_tokens, created_at, updated_at)
				select id, 'claude', 'm', 5, now() - $1::interval, now() - $1::interval from t`,
				[age],
			),
		/** All pipelines as ticks would leave them a moment ago. */
		async level() {
			for (const { tickFunction, state } of pipelines) {
				// Hourly takes a day at a time.
				for (let isLevel = false; !isLevel; ) {
					await database.rows(`select ${tickFunction}()`);
					const [row] = await database.rows(
						`select watermark_at > now() - interval '6 minutes' as is_level from ${state}`,
					);
					isLevel = row.is_level;
				}
			}
			await database.rows('delete from tidemark_rollup_runs');
		},
		/** The watermarks stand so far behind the newest usage. */
		async behind(age: string, only?: Name) {
			for (const { state } of chosen(only)) {
				await database.rows(
					`update ${state} set watermark_at = (select max(updated_at) from task_usage) - $1::interval`,
					[age],
				);
			}
		},
		/** The last runs ended so long ago. */
		async ran(age: string, only?: Name) {
			for (const { state } of chosen(only)) {
				await database.rows(
					`update ${state} set last_run_started_at = now() - $1::interval, last_run_finished_at = now() - $1::interval`,
					[age],
				);
			}
		},
		/** Runs in the scheduler's table, one a minute, the newest first. */
		async scheduled(
			status: 'SUCCESS' | 'FAILED' | 'RUNNING',
			count: number,
			options: { newest: string; rows?: number; only?: Name },
		) {
			for (const { tickFunction } of chosen(options.only)) {
				await database.rows(
					`insert into sys_cron_executions (job_name, plan_time, status, started_at, finished_at, stale_after,
						rows_affected, error_code, error_msg, runner_id)
					select $1, at, $2, at, case when $2 <> 'RUNNING' then at end, at + interval '10 minutes', $5,
						case when $2 = 'FAILED' then '22012' end, case when $2 = 'FAILED' then 'division by zero' end, 'runner-1'
					from generate_series(0, $3 - 1) n, lateral (select now() - $4::interval - n * interval '1 minute' as at) run`,
					[tickFunction, status, count, options.newest, options.rows ?? null],
				);
			}
		},
		/** Ticks that found the lock taken, as the log of the pipelines has them: one a minute until now. */
		async busy(only: Name, count: number) {
			await database.rows(
				`insert into tidemark_rollup_runs (pipeline, outcome, started_at)
				select $1, 'busy', now() - n * interval '1 minute' from generate_series($2 - 1, 0, -1) n`,
				[only, count],
			);
		},
		/** As before the first tick; usage stays. */
		async reset() {
			for (const { state, table, dirty } of pipelines) {
				await database.rows(
					`update ${state} set watermark_at = 'epoch', last_run_started_at = null, last_run_finished_at = null,
						last_run_rows = null, last_error = null`,
				);
				await database.rows(`truncate ${table}, ${dirty}`);
			}
			await database.rows('truncate sys_cron_executions, tidemark_rollup_runs');
			// A file may take longer than a runtime may be silent.
			await database.rows('update agent_runtime set last_seen_at = now()');
		},
	};
}
