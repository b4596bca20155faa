import { formatAge, formatCount } from '../../../lib/format.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { agoAt } from '../evidence.ts';
import { clue, type Finding, type NextStep } from '../finding.ts';
import { stoodStill } from './blocked-by.ts';
import { dirtyQueries } from './dirty-queues.ts';
import { listed, type PipelineHere, pipelinesHere } from './pipelines.ts';
import { tickStep } from './steps.ts';
import { sourceNames, type TickRun, tickQueries, tickRuns } from './ticks.ts';

/** The records reach back this many runs. */
const recordedRuns = 20;

/** Ticks run and raise an error. */
export const failingTick: FaultCheck = {
	fault: 'failing-tick',
	title: 'Ticks fail',
	symptom: 'Usage stands still, and last_error in the state table is empty.',
	cause:
		'The tick raises an error. Its handler writes last_error and raises again, so that the write is rolled back with the rest: the state table looks green.',
	shows:
		"sys_cron_executions: status 'FAILED' with error_msg; cron.job_run_details: status 'failed' with return_message.",
	fix: 'Mend what the error names, then tick once and read the result.',
	demo: 'failing-tick',
	asks: [...tickQueries, ...dirtyQueries],
	find(input) {
		const warnRuns = input.thresholds['rollup-failed-runs'].warn?.at ?? 1;
		const failing = pipelinesHere(input).flatMap((pipeline) => {
			const runs = tickRuns(input, pipeline).filter(({ outcome }) => outcome !== 'running');
			const firstGood = runs.findIndex(({ outcome }) => outcome !== 'failed');
			const failed = firstGood < 0 ? runs : runs.slice(0, firstGood);
			const told = failed.find(({ message }) => message !== undefined) ?? failed[0];
			return told && failed.length >= warnRuns ? [{ pipeline, failed, told }] : [];
		});
		// One error in several pipelines has one cause.
		const together = Map.groupBy(failing, ({ told }) => `${told.code} ${told.message}`);
		return [...together.values()].map((group) => finding(input, group));
	},
};

type Failing = {
	readonly pipeline: PipelineHere;
	/** The failed runs before the first that is not, newest first. */
	readonly failed: readonly TickRun[];
	/** The newest of them that says why. */
	readonly told: TickRun;
};

function finding(input: DiagnosisInput, group: readonly Failing[]): Finding {
	const names = group.map(({ pipeline }) => pipeline.name);
	const pipeline = group[0]?.pipeline;
	const told = group[0]?.told;
	const most = Math.max(...group.map(({ failed }) => failed.length));
	const criticalRuns = input.thresholds['rollup-failed-runs'].critical?.at ?? 3;
	const isAll = most >= recordedRuns;
	const code = told?.code === undefined ? '' : ` (${told.code})`;
	const times =
		most === 1
			? 'the last one'
			: `the last ${formatCount(most)} in a row${isAll ? ' and more' : ''}`;
	return {
		fault: 'failing-tick',
		subject: names.length === 1 ? (names[0] ?? '') : '',
		about: names,
		severity: most >= criticalRuns ? 'critical' : 'warn',
		confidence: 'certain',
		sentence: `ticks of ${listed(names)} fail, ${times}, with "${told?.message ?? 'an error that nobody wrote down'}"${code}`,
		clues: group.flatMap((each) => [
			...clue(
				each.pipeline.name,
				`${lastFailure(each)}, last success ${lastSuccess(each)}, told by ${sourceNames[each.told.source]}`,
			),
			...clue(
				'last_error',
				each.pipeline.data.lastError || 'empty, as ever: a failing tick rolls it back',
			),
		]),
		since: agoAt(input, Math.max(...group.map(sinceSeconds))),
		explains: names.flatMap((subject) => [
			...stoodStill(subject),
			{ fault: 'green-but-still', subject } as const,
		]),
		next: [
			...(pipeline ? hint(told?.code, pipeline) : []),
			...(pipeline
				? [tickStep(input, pipeline, `Then tick ${pipeline.name} by hand and read what it says.`)]
				: []),
		],
	};
}

function lastFailure({ failed }: Failing): string {
	const seconds = failed[0]?.seconds ?? 0;
	return Number.isFinite(seconds)
		? `failed ${formatAge(seconds)} ago`
		: 'failed, nobody noted when';
}

const lastSuccess = ({ pipeline }: Failing): string =>
	typeof pipeline.data.runAgeSeconds === 'number'
		? `${formatAge(pipeline.data.runAgeSeconds)} ago`
		: 'never';

/** Where all that is recorded failed, the fault is older than the record: the last success tells. */
const sinceSeconds = ({ pipeline, failed }: Failing): number =>
	Math.max(
		failed.at(-1)?.seconds ?? 0,
		failed.length >= recordedRuns ? (pipeline.data.runAgeSeconds ?? 0) : 0,
	);

/** What an SQLSTATE usually means for a tick. */
function hint(code: string | undefined, { windowFunction }: PipelineHere): readonly NextStep[] {
	switch (code) {
		case '22003':
			return [
				{
					say: 'A number is too large for its column: find the usage rows with absurd numbers and correct them.',
					sql: "select id, task_id, created_at, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens from task_usage where created_at > now() - interval '1 day' and greatest(input_tokens, output_tokens, cache_read_tokens, cache_write_tokens) > 1e12 limit 20;",
				},
			];
		case '57014':
			return [
				{
					say: 'It was cancelled by a statement timeout: give the role that ticks more time, or look for a missing index.',
				},
			];
		case '42P01':
		case '42703':
		case '42883':
			return [{ say: 'Something it needs is not there: run the migrations of the product.' }];
		case '42501':
			return [{ say: 'The role that ticks may not do this: grant it what the error names.' }];
		default:
			return [{ say: `Mend what the error names; ${windowFunction} is what the tick calls.` }];
	}
}
