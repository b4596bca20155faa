import { formatDateTime } from '../../../lib/format.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { clue, type NextStep } from '../finding.ts';
import { ticksCeased } from './blocked-by.ts';
import { listed, type PipelineHere, pipelinesHere } from './pipelines.ts';
import { scheduleStep } from './schedule-step.ts';
import { backfillStep } from './steps.ts';
import { answers, tickerQueries, tickersOf } from './tickers.ts';

/** A pipeline that never ran, and nobody who would run it. */
export const nobodyTicks: FaultCheck = {
	fault: 'nobody-ticks',
	title: 'Nobody ticks',
	symptom: 'Usage is zero for ever, though tasks run and task_usage fills.',
	cause:
		"The rollup tables are filled by ticks, and nobody calls them: the application's scheduler is not switched on, pg_cron is not installed or has no job, and no cron outside does it. This is the most reported fault of these instances.",
	shows:
		'The state table: last_run_started_at is NULL and watermark_at the epoch, while task_usage has rows; no row in sys_cron_executions, no job in cron.job.',
	fix: 'Have the ticks called every few minutes, and backfill what is there already.',
	demo: 'nobody-ticks',
	asks: tickerQueries,
	find(input) {
		const never = pipelinesHere(input).filter((pipeline) => {
			const { runAgeSeconds, dataLagSeconds } = pipeline.data;
			const hasUsage = typeof dataLagSeconds === 'number' && dataLagSeconds > 0;
			return runAgeSeconds === null && hasUsage && tickersOf(input, pipeline).runs.length === 0;
		});
		if (never.length === 0) return [];
		const names = never.map(({ name }) => name);
		const isSure = never.every((pipeline) => tickersOf(input, pipeline).isSure);
		const jobs = never.flatMap((pipeline) => tickersOf(input, pipeline).jobs);
		const areSet = jobs.some(({ isActive }) => isActive);
		return [
			{
				fault: 'nobody-ticks',
				subject: names.length === 1 ? (names[0] ?? '') : '',
				about: names,
				severity: 'critical',
				confidence: areSet || !isSure ? 'likely' : 'certain',
				sentence: areSet
					? `${listed(names)} never ran although pg_cron has a job for it: usage is zero until it does`
					: `nobody ticks ${listed(names)}, and nobody ever has: ${usageOf(never)}`,
				clues: [
					...answers(input).flatMap(({ place, text }) => clue(place, text)),
					...clue('state', 'last_run_started_at is NULL'),
				],
				since: undefined,
				explains: names.flatMap(ticksCeased),
				next: steps(input, never),
			},
		];
	},
};

/** What people see: nothing, or what a backfill brought that was not finished. */
function usageOf(never: readonly PipelineHere[]): string {
	const marks = never.map(({ data }) => data.watermarkAt ?? 0);
	const newest = Math.max(...marks);
	return newest < 86_400_000
		? 'usage is zero for ever'
		: `usage ends on ${formatDateTime(newest)}, where a backfill left off`;
}

const steps = (input: DiagnosisInput, never: readonly PipelineHere[]): readonly NextStep[] => [
	...never.slice(0, 1).map((pipeline) => backfillStep(pipeline)),
	...never.map((pipeline) => scheduleStep(input, pipeline)),
];
