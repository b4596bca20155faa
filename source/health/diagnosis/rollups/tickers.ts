import { formatAge } from '../../../lib/format.ts';
import { rollupsOf } from '../../../sampling/panels.ts';
import type { Reading } from '../../../sampling/reading.ts';
import type { DiagnosisInput } from '../check.ts';
import { evidenceRows, numberIn, textIn } from '../evidence.ts';
import type { PipelineHere } from './pipelines.ts';
import {
	cadenceSeconds,
	sourceNames,
	type TickRun,
	tickQueries,
	tickRuns,
	ticks,
} from './ticks.ts';

/** The evidence that {@link tickersOf} reads. */
export const tickerQueries = [...tickQueries, 'rollup/cron-jobs', 'database/role'] as const;

/** A job of pg_cron that calls a pipeline's tick. */
export type CronJob = {
	readonly id: number;
	readonly schedule: string;
	readonly isActive: boolean;
};

/** Who calls a pipeline's tick. */
export type Tickers = {
	/** Kinds that ticked lately, or are set to. */
	readonly kinds: readonly ('scheduler' | 'pg_cron' | 'outside')[];
	readonly runs: readonly TickRun[];
	/** Also those that are switched off. */
	readonly jobs: readonly CronJob[];
	/** Since anybody is known to have ticked; undefined: never, as far as can be seen. */
	readonly lastSeconds: number | undefined;
	/** Nobody that can be seen: and nobody can hide. */
	readonly isSure: boolean;
};

/** Whoever ticked within this time still does. */
const recentSeconds = 15 * 60;

/** Who ticks a pipeline: from the records, the jobs, and its own state. */
export function tickersOf(input: DiagnosisInput, pipeline: PipelineHere): Tickers {
	const runs = tickRuns(input, pipeline);
	const jobs = (evidenceRows(input, 'rollup/cron-jobs') ?? []).flatMap((row) =>
		numberIn(row, 'job_id') !== undefined && ticks(textIn(row, 'command'), pipeline)
			? [
					{
						id: numberIn(row, 'job_id') ?? 0,
						schedule: textIn(row, 'schedule') ?? '',
						isActive: row.is_active === true,
					},
				]
			: [],
	);
	const last = (source: TickRun['source']) => runs.find((run) => run.source === source)?.seconds;
	const isRecent = (seconds: number | undefined) =>
		seconds !== undefined && seconds <= recentSeconds;
	const hasScheduler = isRecent(last('scheduler'));
	const hasCron = isRecent(last('pg_cron')) || jobs.some(({ isActive }) => isActive);
	const runAge = pipeline.data.runAgeSeconds ?? undefined;
	const isAnybody = isRecent(runAge) || isRecent(last('log'));
	const isOutside = hasScheduler || hasCron ? foreignTicks(input, pipeline, runs) >= 2 : isAnybody;
	const ages = [runAge, ...runs.slice(0, 1).map(({ seconds }) => seconds)];
	const known = ages.filter((seconds) => seconds !== undefined).filter(Number.isFinite);
	return {
		kinds: [
			...(hasScheduler ? (['scheduler'] as const) : []),
			...(hasCron ? (['pg_cron'] as const) : []),
			...(isOutside ? (['outside'] as const) : []),
		],
		runs,
		jobs,
		lastSeconds: known.length === 0 ? undefined : Math.min(...known),
		isSure: answers(input).every(({ isComplete }) => isComplete),
	};
}

/** Clocks and transactions of those who keep a record and of the server differ by this much. */
const toleranceSeconds = 10;

/**
 * How many ticks were seen lately, by the time they stamped or in the log of the pipelines, that neither the
 * scheduler nor pg_cron has on record; what is older than their records nobody can tell.
 */
function foreignTicks(
	{ snapshot, history }: DiagnosisInput,
	{ name }: PipelineHere,
	runs: readonly TickRun[],
): number {
	const recorded = runs.filter(
		({ source, seconds }) => source !== 'log' && Number.isFinite(seconds),
	);
	const oldest = Math.max(0, ...recorded.map(({ seconds }) => seconds));
	const stamped = history.flatMap((past) => {
		const age = rollupsOf(past).data.find(({ pipeline }) => pipeline === name)?.runAgeSeconds;
		return typeof age === 'number' ? [(snapshot.at - past.at) / 1000 + age] : [];
	});
	const logged = runs.filter(({ source }) => source === 'log').map(({ seconds }) => seconds);
	const foreign = [...stamped, ...logged].filter(
		(age) =>
			age <= Math.min(oldest, recentSeconds) &&
			!recorded.some(
				({ seconds, endedSeconds = 0 }) =>
					age <= seconds + toleranceSeconds && age >= endedSeconds - toleranceSeconds,
			),
	);
	// One tick is seen in many samples, and who tries again at once is one as well.
	const distinct: number[] = [];
	for (const age of foreign.toSorted((a, b) => a - b)) {
		if (age > (distinct.at(-1) ?? -Infinity) + toleranceSeconds) distinct.push(age);
	}
	return distinct.length;
}

/** What one possible place of a ticker says, and whether nothing can be hidden there. */
export type TickerAnswer = {
	readonly place: string;
	readonly text: string;
	readonly isComplete: boolean;
};

/** Scheduler and pg_cron: "not installed", "not visible to this role" and "no job" are three answers. */
export function answers(input: DiagnosisInput): readonly TickerAnswer[] {
	return [schedulerAnswer(input), cronAnswer(input)];
}

function schedulerAnswer(input: DiagnosisInput): TickerAnswer {
	const place = 'scheduler';
	const reading = input.evidence.get('rollup/scheduler');
	const hidden = hiddenText(reading, 'sys_cron_executions');
	if (hidden) return { place, ...hidden };
	const count = evidenceRows(input, 'rollup/scheduler')?.length ?? 0;
	return {
		place,
		text: count === 0 ? 'no runs in sys_cron_executions' : 'runs in sys_cron_executions',
		isComplete: true,
	};
}

function cronAnswer(input: DiagnosisInput): TickerAnswer {
	const place = 'pg_cron';
	const reading = input.evidence.get('rollup/cron-jobs');
	const role = evidenceRows(input, 'database/role')?.[0];
	const home = textIn(role, 'cron_database');
	const isNotHere = reading?.kind === 'unavailable' && reading.reason.startsWith('not in this');
	if (isNotHere && home !== undefined && home === input.snapshot.identity?.database) {
		const text = 'loaded for this database, and its extension is not created';
		return { place, text, isComplete: true };
	}
	if (isNotHere && home !== undefined) {
		const text = `installed in database ${home}, whose jobs do not show here`;
		return { place, text, isComplete: false };
	}
	const hidden = hiddenText(reading, 'pg_cron');
	if (hidden) return { place, ...hidden };
	const rows = evidenceRows(input, 'rollup/cron-jobs') ?? [];
	const count = rows.filter((row) => numberIn(row, 'job_id') !== undefined).length;
	const isFiltered = rows[0]?.is_filtered === true;
	const none = isFiltered ? 'no job of this role; those of others do not show' : 'no job';
	return {
		place,
		text: count === 0 ? none : `${count} ${count === 1 ? 'job' : 'jobs'}`,
		isComplete: !isFiltered,
	};
}

function hiddenText(reading: Reading | undefined, what: string) {
	if (reading === undefined || reading.kind === 'pending') {
		return { text: 'not asked', isComplete: false };
	}
	if (reading.kind === 'failed') {
		return { text: `not known: ${reading.failure.sentence}`, isComplete: false };
	}
	if (reading.kind !== 'unavailable') return undefined;
	return reading.reason.startsWith('no privilege')
		? { text: `${what} is not visible to this role`, isComplete: false }
		: { text: 'not installed', isComplete: true };
}

/** Who ticks, in words. */
export function describeTickers({ kinds, runs, lastSeconds }: Tickers): string {
	if (kinds.length === 0) {
		return lastSeconds === undefined
			? 'nobody, as far as can be seen'
			: `nobody since ${formatAge(lastSeconds)}`;
	}
	const names = kinds.map((kind) =>
		kind === 'outside' ? sourceNames.log : `${sourceNames[kind]}${runnerOf(runs, kind)}`,
	);
	const cadence = cadenceSeconds(runs);
	return [
		names.join(' and '),
		...(lastSeconds === undefined ? [] : [`last ${formatAge(lastSeconds)} ago`]),
		...(cadence === undefined ? [] : [`every ${formatAge(cadence)}`]),
	].join(', ');
}

function runnerOf(runs: readonly TickRun[], source: TickRun['source']): string {
	const runner = runs.find((run) => run.source === source)?.runner;
	return runner ? ` (${runner})` : '';
}
