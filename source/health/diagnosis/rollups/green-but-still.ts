import { formatAge, formatCount } from '../../../lib/format.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { agoAt } from '../evidence.ts';
import { clue, type Finding } from '../finding.ts';
import { stoodStill } from './blocked-by.ts';
import { dirtyQueries } from './dirty-queues.ts';
import { lockOf, locksQuery, nameOf } from './locks.ts';
import { behindSeconds, type PipelineHere, pipelinesHere } from './pipelines.ts';
import { tickStep } from './steps.ts';
import { cadenceSeconds, type TickRun, tickQueries, tickRuns } from './ticks.ts';

/** Ticks succeed and move nothing, though newer usage exists. */
export const greenButStill: FaultCheck = {
	fault: 'green-but-still',
	title: 'All green, and still',
	symptom: 'Ticks succeed with 0 rows, the watermark stands still, usage is old.',
	cause:
		'A tick that finds the lock taken returns 0 and counts as a success. Somebody holds the lock, or did whenever a tick came; or a transaction that writes usage has been open for so long that nothing newer counts as settled.',
	shows:
		'sys_cron_executions: the last runs SUCCESS with rows_affected 0; the watermark unmoved since before them; newer usage in task_usage.',
	fix: 'Find who holds the lock when a tick comes; end what has no business there.',
	demo: 'lock-leaked',
	asks: [...tickQueries, ...dirtyQueries, locksQuery],
	find: (input) =>
		pipelinesHere(input).flatMap((pipeline) => {
			const still = stillRuns(tickRuns(input, pipeline), pipeline);
			const count = countOf(input, pipeline, still);
			const { warn } = input.thresholds['rollup-stalled-runs'];
			return count < (warn?.at ?? 2)
				? []
				: [finding(input, pipeline, still.slice(0, count), count)];
		}),
};

/** The sampler looks at so many runs; more are counted by the evidence. */
const sampledRuns = 20;

/**
 * How many runs moved nothing though they should have: by the verdict, so that screen and diagnosis never
 * contradict, and a walk that holds the pipeline up by right excuses both. Where no sampler tells, by the
 * evidence, once usage is late.
 */
function countOf(input: DiagnosisInput, pipeline: PipelineHere, still: readonly TickRun[]): number {
	const { name, data } = pipeline;
	const verdict = input.verdicts.find(
		({ signal, subject }) => signal === 'rollup-stalled-runs' && subject === name,
	);
	if (verdict && verdict.severity !== 'unknown') {
		const sampled = verdict.severity === 'ok' ? 0 : Number(data.stalledRuns ?? 0);
		return sampled < sampledRuns ? sampled : Math.max(sampled, still.length);
	}
	const { warn } = input.thresholds['rollup-data-lag'];
	return (behindSeconds(pipeline) ?? 0) < (warn?.at ?? 900) ? 0 : still.length;
}

function finding(
	input: DiagnosisInput,
	pipeline: PipelineHere,
	still: readonly TickRun[],
	count: number,
): Finding {
	const { name, lock } = pipeline;
	const behind = formatAge(behindSeconds(pipeline) ?? 0);
	const cadence = cadenceSeconds(still);
	const held = lockOf(input, pipeline);
	const runs = formatCount(count);
	const { critical } = input.thresholds['rollup-stalled-runs'];
	return {
		fault: 'green-but-still',
		subject: name,
		severity: count >= (critical?.at ?? 4) ? 'critical' : 'warn',
		confidence: still.some(({ outcome }) => outcome === 'busy') ? 'likely' : 'possible',
		sentence: `the last ${runs} ticks of ${name} succeeded and moved nothing, though ${behind} of usage waits: the lock was taken whenever one came`,
		clues: [
			...clue(
				'such ticks',
				`${runs} at least${cadence === undefined ? '' : `, every ${formatAge(cadence)}`}`,
			),
			...clue(
				'holder now',
				held === undefined ? 'not known' : held ? nameOf(held.holder) : 'nobody',
			),
			...clue('usage not rolled up', behind),
		],
		since: agoAt(input, Math.max(still.at(-1)?.seconds ?? 0, pipeline.data.runAgeSeconds ?? 0)),
		explains: stoodStill(name),
		next: [
			{
				say: 'See who holds the lock at the moment of a tick.',
				sql: `select pid, application_name, state, state_change, query from pg_locks join pg_stat_activity using (pid) where locktype = 'advisory' and classid = 0 and objid = ${lock} and granted;`,
			},
			tickStep(input, pipeline, `Tick ${name} by hand and read its notices.`),
		],
	};
}

/**
 * The newest runs, as far back as they all succeeded with nothing and came after the watermark was
 * last moved: a tick that works stamps the time of its run, and one that is busy does not.
 */
function stillRuns(runs: readonly TickRun[], { data }: PipelineHere): readonly TickRun[] {
	const moved = data.runAgeSeconds ?? Number.POSITIVE_INFINITY;
	// Two records of one run would count twice: the log tells most.
	const own = runs.filter(
		({ source, outcome }) => source === runs[0]?.source && outcome !== 'running',
	);
	const end = own.findIndex(
		({ outcome, rows, seconds }) =>
			!(outcome === 'busy' || (outcome === 'succeeded' && (rows ?? 0) === 0)) ||
			seconds >= moved - 5,
	);
	return end < 0 ? own : own.slice(0, end);
}
