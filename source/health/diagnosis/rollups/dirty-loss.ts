import { formatAge, formatCount, formatPlural } from '../../../lib/format.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { agoAt } from '../evidence.ts';
import { clue, type Finding } from '../finding.ts';
import {
	countedRows,
	type DirtyQueue,
	dirtyQueries,
	dirtyQueueOf,
	retentionSeconds,
} from './dirty-queues.ts';
import { type PipelineHere, pipelinesHere } from './pipelines.ts';
import { drainStep, enqueueStep } from './steps.ts';

/** Invalidations so old that they are about to be pruned unconsumed. */
export const dirtyLoss: FaultCheck = {
	fault: 'dirty-loss',
	title: 'Invalidations are about to be lost',
	symptom: 'After a pause of days, deleted or moved work stays counted for good.',
	cause:
		'Invalidations wait in the dirty queue while nobody ticks. The first tick after a long pause consumes a day of them, and prunes all that are older than seven days, consumed or not; the buckets they should have mended stay wrong, and neither replay nor backfill mends them.',
	shows: 'The dirty table: enqueued_at older than five days.',
	fix: 'Consume the queue by a window call before the next tick.',
	demo: 'dirty-near-loss',
	asks: dirtyQueries,
	find(input) {
		const { critical } = input.thresholds['dirty-oldest'];
		return pipelinesHere(input).flatMap((pipeline) => {
			const queue = dirtyQueueOf(input, pipeline);
			if (!queue || queue.pastFiveDays === 0 || !queue.hasPrune) return [];
			if (queue.oldestSeconds < (critical?.at ?? 432_000)) return [];
			return [finding(input, pipeline, queue)];
		});
	},
};

function finding(input: DiagnosisInput, pipeline: PipelineHere, queue: DirtyQueue): Finding {
	const { name } = pipeline;
	const { oldestSeconds, pastFiveDays, pastRetention, lostNext, pruneKeeps } = queue;
	const isMore = queue.isPartial || pastFiveDays > countedRows;
	const invalidations = `${isMore ? 'over ' : ''}${formatPlural(Math.min(pastFiveDays, countedRows), 'invalidation')}`;
	// What is past retention already and not lost at the next tick is consumed by it.
	const isLost = !pruneKeeps && (lostNext > 0 || pastRetention === 0);
	const when =
		lostNext > 0 ? 'at the next tick' : `in ${formatAge(retentionSeconds - oldestSeconds)}`;
	const unless = lostNext > 0 ? '' : ' unless a tick comes before';
	return {
		fault: 'dirty-loss',
		subject: name,
		severity: 'critical',
		confidence: 'certain',
		sentence: isLost
			? `${invalidations} of ${name} ${pastFiveDays === 1 ? 'is' : 'are'} about to be lost: they are pruned at seven days, the first ${when}${unless}, and their buckets stay wrong for good`
			: `${invalidations} of ${name} ${pastFiveDays === 1 ? 'has' : 'have'} waited for over five days, the oldest ${formatAge(oldestSeconds)}: their buckets have been wrong for as long`,
		clues: [
			...clue('oldest', formatAge(oldestSeconds)),
			...clue('older than seven days', formatCount(pastRetention)),
			...clue('lost at the next tick', pruneKeeps ? undefined : formatCount(lostNext)),
			...clue('pruning', pruneKeeps ? 'consumes what it takes away' : 'deletes unconsumed rows'),
		],
		since: agoAt(input, oldestSeconds),
		explains: [
			{ signal: 'dirty-oldest', subject: name },
			{ fault: 'dirty-grows', subject: name },
		],
		next: [
			drainStep(pipeline),
			...(lostNext > 0 && !pruneKeeps ? [enqueueStep(pipeline, 30)] : []),
		],
	};
}
