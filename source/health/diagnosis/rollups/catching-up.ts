import { formatAge, formatCount, formatDateTime, formatPlural } from '../../../lib/format.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { agoAt } from '../evidence.ts';
import { type Confidence, clue, type Finding } from '../finding.ts';
import { dirtyQueries } from './dirty-queues.ts';
import { behindSeconds, type PipelineHere, pipelinesHere } from './pipelines.ts';
import { backfillStep, tickStep } from './steps.ts';
import { cadenceSeconds, tickQueries, tickRuns } from './ticks.ts';

const day = 86_400;
/** More ticks than this are better done as one walk. */
const manyTicks = 60;

/** A pipeline that was far behind and comes nearer, a day a tick. */
export const catchingUp: FaultCheck = {
	fault: 'catching-up',
	title: 'Catching up, one day a tick',
	symptom: 'Usage lags by days, but moves; the lag function says all is well.',
	cause:
		'After a long pause the hourly tick covers at most one day a call. The lag function tells the age of the last run, not of the data.',
	shows:
		'watermark_at moves forward a day with every tick, and is still days behind the newest usage.',
	fix: 'Wait, or tick by hand until it is level.',
	demo: 'catching-up',
	asks: [...tickQueries, ...dirtyQueries],
	find: (input) =>
		pipelinesHere(input).flatMap((pipeline) => {
			const { stepSeconds, data, name } = pipeline;
			const behind = behindSeconds(pipeline) ?? 0;
			if (stepSeconds === undefined || behind < stepSeconds) return [];
			const moved = movedInHistory(input, name);
			const recent = typeof data.runAgeSeconds === 'number' && data.runAgeSeconds < 900;
			const [last] = tickRuns(input, pipeline).filter(({ outcome }) => outcome !== 'running');
			const isWorking = recent && (last === undefined || last.outcome === 'succeeded');
			if (!moved && !isWorking) return [];
			return [
				finding(input, pipeline, Math.ceil(behind / stepSeconds), moved ? 'certain' : 'likely'),
			];
		}),
};

function finding(
	input: DiagnosisInput,
	pipeline: PipelineHere,
	ticksLeft: number,
	confidence: Confidence,
): Finding {
	const { name, data } = pipeline;
	const { watermarkAt, runAgeSeconds, lastRows } = data;
	const behind = behindSeconds(pipeline) ?? 0;
	const cadence = cadenceSeconds(tickRuns(input, pipeline));
	const level = cadence && formatDateTime(input.snapshot.at + ticksLeft * cadence * 1000);
	return {
		fault: 'catching-up',
		subject: name,
		severity: 'warn',
		confidence,
		sentence: `${name} is ${formatAge(behind)} behind and catches up one day a tick: ${formatPlural(ticksLeft, 'tick')} left${level ? `, level at ${level}` : ''}`,
		clues: [
			...clue('watermark', watermarkAt === undefined ? undefined : formatDateTime(watermarkAt)),
			...clue('last run', runAgeSeconds == null ? undefined : `${formatAge(runAgeSeconds)} ago`),
			...clue('rows of the last run', lastRows == null ? undefined : formatCount(lastRows)),
			...clue('a tick every', cadence === undefined ? undefined : formatAge(cadence)),
		],
		since: agoAt(input, behind),
		explains: [
			{ fault: 'unfinished-backfill', subject: name },
			{ fault: 'dirty-grows', subject: name },
			{ signal: 'rollup-data-lag', subject: name },
			{ signal: 'dirty-oldest', subject: name },
			{ signal: 'dirty-rising', subject: name },
		],
		next: [
			{ say: 'Wait: it comes a day nearer with every tick.' },
			ticksLeft > manyTicks
				? backfillStep(pipeline, `That is many ticks: backfill ${name} instead.`)
				: tickStep(input, pipeline, 'To be faster, tick by hand, as often as is left.'),
		],
	};
}

/** Whether the watermark moved by at least an hour between two snapshots that are remembered. */
function movedInHistory({ history }: DiagnosisInput, name: PipelineHere['name']): boolean {
	const marks = history.flatMap(({ readings }) => {
		const reading = readings.get(`rollup/${name}-state`);
		const row = reading?.kind === 'ok' ? reading.rows[0] : undefined;
		return typeof row?.watermark_seconds === 'number' ? [row.watermark_seconds] : [];
	});
	const [first] = marks;
	return first !== undefined && (marks.at(-1) ?? 0) - first > day / 24;
}
