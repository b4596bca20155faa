import { formatAge, formatPlural } from '../../../lib/format.ts';
import { isWindowCall } from '../../lock-holder.ts';
import type { FaultCheck } from '../check.ts';
import { agoAt } from '../evidence.ts';
import { endSql, lockOf, locksQuery, nameOf, sessionClues } from './locks.ts';
import { pipelinesHere } from './pipelines.ts';

/** Somebody waits for a pipeline's lock: deleting a workspace does, and gives up after 10 s. */
export const blockedDelete: FaultCheck = {
	fault: 'blocked-delete',
	title: 'A rollup lock blocks deletes',
	symptom: 'Deleting a workspace hangs for ten seconds and fails.',
	cause:
		'Deleting a workspace takes the rollup locks first. Whoever holds one (a backfill, a long tick, a leaked connection) keeps it waiting, and after 10 s it fails for the user.',
	shows: 'pg_locks: the advisory lock of the pipeline, granted false, waitstart.',
	fix: 'Wait for the backfill or stop it; end the session that leaked the lock. Then delete again.',
	demo: 'blocked-delete',
	asks: [locksQuery],
	find(input) {
		const { warn, critical } = input.thresholds['rollup-lock-waiter'];
		return pipelinesHere(input).flatMap((pipeline) => {
			const lock = lockOf(input, pipeline);
			// A second backfill waits in good order.
			const waiters = (lock?.waiters ?? []).filter(({ query }) => !isWindowCall(query));
			const longest = Math.max(0, ...waiters.map(({ waitSeconds = 0 }) => waitSeconds));
			if (!lock || waiters.length === 0 || longest < (warn?.at ?? 5)) return [];
			const [first] = waiters;
			const isDelete = waiters.some(({ query }) => /\bdelete\b/i.test(query ?? ''));
			return [
				{
					fault: 'blocked-delete',
					subject: pipeline.name,
					severity: longest >= (critical?.at ?? 10) ? 'critical' : 'warn',
					confidence: isDelete ? 'certain' : 'likely',
					sentence: `${formatPlural(waiters.length, 'session')} ${waiters.length === 1 ? 'has' : 'have'} waited ${formatAge(longest)} for the ${pipeline.name} lock that ${nameOf(lock.holder)} holds: deleting a workspace fails after 10s`,
					clues: [
						...(first ? sessionClues('waits', first) : []),
						...sessionClues('holder', lock.holder),
					],
					since: agoAt(input, longest),
					explains: [{ signal: 'rollup-lock-waiter', subject: pipeline.name }],
					next: [
						// Cancelling ends nothing where nothing runs.
						lock.purpose === 'leaked' || lock.purpose === 'resting'
							? {
									say:
										lock.purpose === 'leaked'
											? 'End the session that holds the lock.'
											: 'If it is no backfill, end the session that holds the lock.',
									sql: endSql(lock.holder),
								}
							: {
									say: 'Delete again when the holder is done, or stop it.',
									sql: `select pg_cancel_backend(${lock.holder.pid});`,
								},
					],
				} as const,
			];
		});
	},
};
