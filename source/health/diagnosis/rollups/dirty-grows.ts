import { formatAge, formatPerMinute, formatPlural } from '../../../lib/format.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { agoAt } from '../evidence.ts';
import { clue, type Finding } from '../finding.ts';
import {
	type DirtyQueue,
	dirtyQueries,
	dirtyQueueOf,
	flowsPerMinute,
	outlookOf,
} from './dirty-queues.ts';
import { locksQuery } from './locks.ts';
import { type PipelineHere, pipelinesHere } from './pipelines.ts';
import { drainStep, tickStep } from './steps.ts';
import { describeTickers, tickerQueries, tickersOf } from './tickers.ts';

/** Invalidations that nobody consumes. */
export const dirtyGrows: FaultCheck = {
	fault: 'dirty-grows',
	title: 'A dirty queue grows',
	symptom: 'The dirty queue gets longer; deleted and moved work is counted for longer and longer.',
	cause:
		'Every tick consumes what was enqueued before its window ends. A queue that keeps rows for longer than half an hour is ticked too rarely, or not at all, or its ticks do not get that far.',
	shows: 'The dirty table: depth and oldest enqueued_at rise while the lock is free.',
	fix: 'Have the pipeline ticked every few minutes; a window call drains the queue at once.',
	demo: 'dirty-grows',
	asks: [...dirtyQueries, ...tickerQueries, locksQuery],
	find(input) {
		const { warn, critical } = input.thresholds['dirty-oldest'];
		return pipelinesHere(input).flatMap((pipeline) => {
			const queue = dirtyQueueOf(input, pipeline);
			if (!queue || queue.oldestSeconds < (warn?.at ?? 1800)) return [];
			const isCritical = queue.oldestSeconds >= (critical?.at ?? 432_000);
			return [finding(input, pipeline, queue, isCritical ? 'critical' : 'warn')];
		});
	},
};

function finding(
	input: DiagnosisInput,
	pipeline: PipelineHere,
	queue: DirtyQueue,
	severity: Finding['severity'],
): Finding {
	const { name } = pipeline;
	const tickers = tickersOf(input, pipeline);
	const rows = `${queue.isCapped ? 'over ' : ''}${formatPlural(queue.rows, 'row')}`;
	const inflow = queue.inflowPerMinute;
	const drain = flowsPerMinute(input, name)?.out;
	const outlook = outlookOf(input, pipeline, queue);
	return {
		fault: 'dirty-grows',
		subject: name,
		severity,
		confidence: 'likely',
		sentence: `the dirty queue of ${name} holds ${rows}, the oldest for ${formatAge(queue.oldestSeconds)}: ${outlook}`,
		clues: [
			...clue('comes in', inflow === undefined ? undefined : formatPerMinute(inflow)),
			...clue('goes out', drain === undefined ? undefined : formatPerMinute(drain)),
			...clue('ticked by', describeTickers(tickers)),
			...clue('oldest', formatAge(queue.oldestSeconds)),
		],
		since: agoAt(input, queue.oldestSeconds),
		explains: [
			{ signal: 'dirty-oldest', subject: name },
			{ signal: 'dirty-rising', subject: name },
		],
		next: [tickStep(input, pipeline), drainStep(pipeline)],
	};
}
