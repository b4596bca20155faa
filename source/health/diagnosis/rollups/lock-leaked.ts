import { formatAge } from '../../../lib/format.ts';
import type { FaultCheck } from '../check.ts';
import { agoAt } from '../evidence.ts';
import { clue } from '../finding.ts';
import { blockedBy } from './blocked-by.ts';
import { dirtyQueries } from './dirty-queues.ts';
import { endSql, lockOf, locksQuery, nameOf, sessionClues } from './locks.ts';
import { behindSeconds, pipelinesHere } from './pipelines.ts';
import { tickStep } from './steps.ts';

/** An idle session holds a pipeline's lock: every tick gives up at once, and says it succeeded. */
export const lockLeaked: FaultCheck = {
	fault: 'lock-leaked',
	title: 'A rollup lock has leaked',
	symptom: 'Usage stopped at some hour. Ticks run, succeed and move nothing.',
	cause:
		'A tick or a script took the advisory lock on a pooled connection and was cancelled before it let go. The connection went back to the pool, and holds the lock until it is closed.',
	shows:
		"pg_locks (locktype advisory, classid 0, objid 4242, 4244 or 4246, objsubid 1, this database) joined to pg_stat_activity: state 'idle' with state_change long ago.",
	fix: 'End that session; the pool makes a new one. Then tick once.',
	demo: 'lock-leaked',
	asks: [locksQuery, ...dirtyQueries],
	find(input) {
		return pipelinesHere(input).flatMap((pipeline) => {
			const lock = lockOf(input, pipeline);
			if (lock?.purpose !== 'leaked') return [];
			const { holder, waiters } = lock;
			const behind = behindSeconds(pipeline);
			const idle = holder.stateSeconds ?? holder.transactionSeconds ?? 0;
			return [
				{
					fault: 'lock-leaked',
					subject: pipeline.name,
					severity: 'critical',
					confidence: 'certain',
					sentence: `${pipeline.name} rollup is blocked: ${nameOf(holder)}, ${holder.state ?? 'idle'} for ${formatAge(idle)}, still holds lock ${pipeline.lock} and does nothing with it`,
					clues: [
						...sessionClues('holder', holder),
						...waiters.slice(0, 3).flatMap((waiter) => sessionClues('waits for it', waiter)),
						...clue('usage not rolled up', behind === undefined ? undefined : formatAge(behind)),
					],
					since: agoAt(input, idle),
					explains: blockedBy(pipeline.name, holder.pid),
					next: [
						{
							say:
								holder.prepared === undefined
									? 'End that session; its pool opens a new one.'
									: 'Whoever prepared it must decide; if nobody will, take it back.',
							sql: endSql(holder),
						},
						tickStep(
							input,
							pipeline,
							`Then tick ${pipeline.name} once, or wait for the next tick.`,
						),
					],
				} as const,
			];
		});
	},
};
