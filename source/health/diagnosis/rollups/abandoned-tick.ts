import { formatAge } from '../../../lib/format.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { agoAt, literal } from '../evidence.ts';
import { clue, type Finding } from '../finding.ts';
import { ticksCeased } from './blocked-by.ts';
import { dirtyQueries } from './dirty-queues.ts';
import { lockOf, locksQuery } from './locks.ts';
import { listed, type PipelineHere, pipelinesHere } from './pipelines.ts';
import { tickStep } from './steps.ts';
import { type TickRun, tickQueries, tickRuns, ticks } from './ticks.ts';

/** The scheduler's last run is said to be running, past the time it gave itself. */
export const abandonedTick: FaultCheck = {
	fault: 'abandoned-tick',
	title: 'A tick was abandoned',
	symptom: 'Ticks stopped; the scheduler thinks that one is still running.',
	cause:
		'The process that ran the tick died in the middle of it (a deploy, out of memory). Its row stays RUNNING, and a scheduler that allows one run at a time starts no other.',
	shows:
		"sys_cron_executions: the newest row of the job has status 'RUNNING' and stale_after and heartbeat_at in the past; nothing newer in any other record, nor in the state table.",
	fix: 'Restart the scheduler; if it still waits, mark the row FAILED.',
	demo: 'abandoned-tick',
	asks: [...tickQueries, ...dirtyQueries, locksQuery],
	find(input) {
		const abandoned = pipelinesHere(input).flatMap((pipeline) => {
			const run = tickRuns(input, pipeline).find(({ source }) => source === 'scheduler');
			return run && isAbandoned(input, pipeline, run) ? [{ pipeline, run }] : [];
		});
		// One process that died takes all of its runs with it.
		const together = Map.groupBy(abandoned, ({ run }) => run.runner ?? '');
		return [...together.values()].map((group) => finding(input, group));
	},
};

/** Who was heard within this time lives. */
const heardSeconds = 120;

/** What other records note within this time of a run is that run itself. */
const sameRunSeconds = 60;

/** A run past its time, whose runner is not heard, and that nobody has ticked after, nor does now. */
function isAbandoned(input: DiagnosisInput, pipeline: PipelineHere, run: TickRun): boolean {
	if (!run.isStale || (run.heartbeatSeconds ?? Infinity) < heardSeconds) return false;
	const lock = lockOf(input, pipeline);
	if (lock?.purpose === 'hidden' || (lock && ticks(lock.holder.query, pipeline))) return false;
	const others = tickRuns(input, pipeline).filter((each) => each !== run);
	const since = [pipeline.data.runAgeSeconds, ...others.map(({ seconds }) => seconds)];
	return since.every((seconds) => (seconds ?? Infinity) > run.seconds - sameRunSeconds);
}

type Abandoned = { readonly pipeline: PipelineHere; readonly run: TickRun };

function finding(input: DiagnosisInput, group: readonly Abandoned[]): Finding {
	const names = group.map(({ pipeline }) => pipeline.name);
	const seconds = Math.max(...group.map(({ run }) => run.seconds));
	const runner = group[0]?.run.runner;
	return {
		fault: 'abandoned-tick',
		subject: names.length === 1 ? (names[0] ?? '') : '',
		about: names,
		severity: 'critical',
		confidence: 'likely',
		sentence: `the scheduler${runner ? ` ${runner}` : ''} died ${formatAge(seconds)} ago in the middle of a tick of ${listed(names)}, and nobody has ticked since`,
		clues: [
			...clue('runner', runner),
			...clue('started', `${formatAge(seconds)} ago, and past its stale_after`),
		],
		since: agoAt(input, seconds),
		explains: names.flatMap(ticksCeased),
		next: [
			{
				say: 'Restart the scheduler; if it still waits for that run, mark it as failed.',
				sql: `update sys_cron_executions set status = 'FAILED', finished_at = now(), error_msg = 'abandoned' where job_name in (${group
					.map(({ pipeline }) => literal(pipeline.tickFunction))
					.join(', ')}) and status = 'RUNNING' and stale_after < now();`,
			},
			...group.slice(0, 1).map(({ pipeline }) => tickStep(input, pipeline)),
		],
	};
}
