import { formatAge } from '../../../lib/format.ts';
import type { FaultCheck } from '../check.ts';
import { agoAt } from '../evidence.ts';
import { clue } from '../finding.ts';
import { pipelinesHere } from './pipelines.ts';
import { tickStep } from './steps.ts';
import { tickQueries, tickRuns } from './ticks.ts';

/** The scheduler's last run is said to be running, past the time it gave itself. */
export const abandonedTick: FaultCheck = {
	fault: 'abandoned-tick',
	title: 'A tick was abandoned',
	symptom: 'Ticks stopped; the scheduler thinks that one is still running.',
	cause:
		'The process that ran the tick died in the middle of it (a deploy, out of memory). Its row stays RUNNING, and a scheduler that allows one run at a time starts no other.',
	shows:
		"sys_cron_executions: the newest row of the job has status 'RUNNING' and stale_after in the past.",
	fix: 'Restart the scheduler; if it still waits, mark the row FAILED.',
	asks: tickQueries,
	find: (input) =>
		pipelinesHere(input).flatMap((pipeline) => {
			const newest = tickRuns(input, pipeline).find(({ source }) => source === 'scheduler');
			if (!newest?.isStale) return [];
			const { name, tickFunction } = pipeline;
			return [
				{
					fault: 'abandoned-tick',
					subject: name,
					severity: 'critical',
					confidence: 'likely',
					sentence: `the scheduler${newest.runner ? ` ${newest.runner}` : ''} died ${formatAge(newest.seconds)} ago in the middle of a tick of ${name}, and nobody has ticked since`,
					clues: [
						...clue('runner', newest.runner),
						...clue('started', `${formatAge(newest.seconds)} ago, and past its stale_after`),
					],
					since: agoAt(input, newest.seconds),
					explains: [
						{ fault: 'ticks-stopped', subject: name },
						{ fault: 'dirty-grows', subject: name },
						{ signal: 'rollup-data-lag', subject: name },
						{ signal: 'rollup-run-age', subject: name },
						{ signal: 'dirty-oldest', subject: name },
						{ signal: 'dirty-rising', subject: name },
					],
					next: [
						{
							say: 'Restart the scheduler; if it still waits for that run, mark it as failed.',
							sql: `update sys_cron_executions set status = 'FAILED', finished_at = now(), error_msg = 'abandoned' where job_name = '${tickFunction}' and status = 'RUNNING' and stale_after < now();`,
						},
						tickStep(pipeline),
					],
				} as const,
			];
		}),
};
