import { formatAge } from '../../../lib/format.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { agoAt } from '../evidence.ts';
import { clue, type Finding } from '../finding.ts';
import { ticksCeased } from './blocked-by.ts';
import { dirtyQueries } from './dirty-queues.ts';
import { behindSeconds, listed, type PipelineHere, pipelinesHere } from './pipelines.ts';
import { tickStep } from './steps.ts';
import { answers, type Tickers, tickerQueries, tickersOf } from './tickers.ts';
import { sourceNames, type TickRun } from './ticks.ts';

/** A pipeline that used to be ticked, and is no longer. */
export const ticksStopped: FaultCheck = {
	fault: 'ticks-stopped',
	title: 'Ticks stopped',
	symptom: 'Usage stopped at some hour, and nothing says why.',
	cause:
		'Whoever ticked does so no longer: the scheduler is down or was switched off, the pg_cron job is inactive or gone, the machine with the crontab was retired.',
	shows:
		'The state table: last_run_finished_at long ago; no newer row in sys_cron_executions or cron.job_run_details, nor a lock in the way.',
	fix: 'Start whoever ticked again, or have somebody else tick.',
	demo: 'dirty-grows',
	asks: [...tickerQueries, ...dirtyQueries],
	find(input) {
		const { warn } = input.thresholds['rollup-run-age'];
		const stopped = pipelinesHere(input).flatMap((pipeline) => {
			const { runAgeSeconds } = pipeline.data;
			const isOld = typeof runAgeSeconds === 'number' && runAgeSeconds >= (warn?.at ?? 900);
			const tickers = tickersOf(input, pipeline);
			const isTicked = (tickers.lastSeconds ?? 0) < (warn?.at ?? 900);
			return isOld && !isTicked ? [{ pipeline, tickers, age: tickers.lastSeconds ?? 0 }] : [];
		});
		// What stopped together stopped for one reason.
		const together = Map.groupBy(stopped, ({ age }) => Math.round(age / 600));
		return [...together.values()].map((group) => finding(input, group));
	},
};

type Stopped = {
	readonly pipeline: PipelineHere;
	readonly tickers: Tickers;
	readonly age: number;
};

function finding(input: DiagnosisInput, group: readonly Stopped[]): Finding {
	const names = group.map(({ pipeline }) => pipeline.name);
	const age = Math.min(...group.map((each) => each.age));
	const { critical } = input.thresholds['rollup-run-age'];
	const last = lastTicker(group);
	const by = last
		? `${sourceNames[last.source]}${last.runner ? ` (${last.runner})` : ''}`
		: undefined;
	const off = group.flatMap(({ tickers }) => tickers.jobs).filter(({ isActive }) => !isActive);
	const [job] = off;
	return {
		fault: 'ticks-stopped',
		subject: names.length === 1 ? (names[0] ?? '') : '',
		about: names,
		severity: age >= (critical?.at ?? 1800) ? 'critical' : 'warn',
		confidence: group.every(({ tickers }) => tickers.isSure) ? 'certain' : 'likely',
		sentence: `nobody has ticked ${listed(names)} for ${formatAge(age)}${by ? `: ${by} did it last` : ''}${job ? `, and pg_cron job ${job.id} is switched off` : ''}`,
		clues: [
			...answers(input).flatMap(({ place, text }) => clue(place, text)),
			...clue('last run', `${formatAge(age)} ago`),
			...clue(
				'usage not rolled up',
				formatAge(Math.max(...group.map(({ pipeline }) => behindSeconds(pipeline) ?? 0))),
			),
		],
		since: agoAt(input, age),
		explains: names.flatMap(ticksCeased),
		next: [
			job
				? {
						say: `Switch the job of pg_cron on again.`,
						sql: `select cron.alter_job(${job.id}, active := true);`,
					}
				: { say: by ? `Start ${by} again.` : 'Have somebody tick every few minutes.' },
			...group
				.slice(0, 1)
				.map(({ pipeline }) =>
					tickStep(input, pipeline, `Meanwhile tick ${pipeline.name} by hand.`),
				),
		],
	};
}

/** Who ran it last; the log, which knows of every run but not of who called, only where nobody else does. */
function lastTicker(group: readonly Stopped[]): TickRun | undefined {
	const newest = group.flatMap(({ tickers }) => {
		const [first] = tickers.runs;
		return tickers.runs.filter(({ seconds }) => seconds - (first?.seconds ?? 0) < 300);
	});
	return newest.find(({ source }) => source !== 'log') ?? newest[0];
}
