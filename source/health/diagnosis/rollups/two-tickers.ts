import type { FaultCheck } from '../check.ts';
import { clue } from '../finding.ts';
import { pipelinesHere } from './pipelines.ts';
import { describeTickers, tickerQueries, tickersOf } from './tickers.ts';
import { sourceNames } from './ticks.ts';

/** More than one kind of scheduler ticks the same pipeline. */
export const twoTickers: FaultCheck = {
	fault: 'two-tickers',
	title: 'Ticked by more than one',
	symptom: 'Some ticks do nothing; audit tables disagree.',
	cause:
		"Both the application's scheduler and pg_cron call the tick. The lock keeps them apart, so that nothing breaks, but whoever comes second does nothing, and switching one off will look like no change.",
	shows: 'Recent rows in sys_cron_executions and an active job in cron.job for the same function.',
	fix: 'Leave it to one.',
	demo: 'two-tickers',
	asks: tickerQueries,
	find: (input) =>
		pipelinesHere(input).flatMap((pipeline) => {
			const tickers = tickersOf(input, pipeline);
			if (tickers.kinds.length < 2) return [];
			const names = tickers.kinds.map((kind) => sourceNames[kind === 'outside' ? 'log' : kind]);
			return [
				{
					fault: 'two-tickers',
					subject: pipeline.name,
					severity: 'note',
					confidence: 'certain',
					sentence: `${pipeline.name} is ticked by ${names.join(' and ')}: harmless, and one is enough`,
					clues: [
						...clue('ticks', describeTickers(tickers)),
						...tickers.jobs.flatMap(({ id, schedule, isActive }) =>
							clue(`pg_cron job ${id}`, `${schedule}${isActive ? '' : ', switched off'}`),
						),
					],
					since: undefined,
					explains: [],
					next: [
						...tickers.jobs
							.filter(({ isActive }) => isActive)
							.slice(0, 1)
							.map(({ id }) => ({
								say: "Leave it to the application's scheduler.",
								sql: `select cron.unschedule(${id});`,
							})),
						...(tickers.kinds.includes('outside')
							? [{ say: 'Look for a crontab or a script that calls the tick as well.' }]
							: []),
					],
				} as const,
			];
		}),
};
