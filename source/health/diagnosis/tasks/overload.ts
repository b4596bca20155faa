import { formatAge, formatCount, formatPerMinute, formatPlural } from '../../../lib/format.ts';
import { tasksOf } from '../../../sampling/panels.ts';
import type { FaultCheck } from '../check.ts';
import { agoAt } from '../evidence.ts';
import { clue } from '../finding.ts';
import {
	isAlive,
	type RuntimeAtWork,
	runtimesAtWork,
	runtimesAtWorkQuery,
} from './runtimes-at-work.ts';
import { handOuts, lastMovesQuery, waiting } from './waiting-tasks.ts';

const named = 3;

/** Tasks wait although all have their hands full: more comes in than the runtimes can take. */
export const overload: FaultCheck = {
	fault: 'overload',
	title: 'More tasks than the runtimes can take',
	symptom: 'Tasks wait longer and longer, yet all runtimes are busy.',
	cause: 'More tasks are created than the runtimes they are bound to can run at a time.',
	shows:
		'agent_task_queue: queued tasks for live runtimes wait for minutes while dispatched_at moves on, or while each of these runtimes has a task in hand that takes long.',
	fix: 'Add runtimes, let each run more tasks at a time, or bind agents to others.',
	demo: 'overload',
	asks: [runtimesAtWorkQuery, lastMovesQuery],
	find(input) {
		const live = (runtimesAtWork(input)?.runtimes ?? []).filter(
			(each) => isAlive(each) && each.queued > 0,
		);
		const oldest = Math.max(0, ...live.map((each) => each.oldestQueuedSeconds ?? 0));
		const severity = waiting(input, oldest);
		const { idle, lastSeconds, isMoving } = handOuts(input);
		if (severity === undefined || (!isMoving && idle > 0)) return [];
		const { createdPerMinute, finishedPerMinute } = tasksOf(input.snapshot).data;
		const queued = live.reduce((sum, each) => sum + each.queued, 0);
		const busiest = live.toSorted((a, b) => b.queued - a.queued).slice(0, named);
		return [
			{
				fault: 'overload',
				subject: '',
				severity,
				confidence: isMoving ? 'likely' : 'possible',
				sentence: sentenceOf(live, queued, oldest, isMoving),
				clues: [
					...clue(
						'last task handed out',
						lastSeconds === undefined ? 'not known' : `${formatAge(lastSeconds)} ago`,
					),
					...clue(
						'created',
						createdPerMinute === undefined ? undefined : formatPerMinute(createdPerMinute),
					),
					...clue(
						'finished',
						finishedPerMinute === undefined ? undefined : formatPerMinute(finishedPerMinute),
					),
					...busiest.flatMap((each) =>
						clue(
							each.name || each.id,
							`${formatCount(each.queued)} queued, ${formatCount(each.running)} running`,
						),
					),
				],
				since: agoAt(input, oldest),
				explains: [{ signal: 'oldest-ready-task' }, { signal: 'not-draining', subject: '' }],
				next: [
					{ say: 'Add runtimes, or let each run more tasks at a time.' },
					...(isMoving
						? []
						: [
								{
									say: 'If they could take more already, look at the process that hands tasks out.',
								},
							]),
				],
			},
		];
	},
};

/** One runtime that has its hands full is no flood. */
function sentenceOf(
	live: readonly RuntimeAtWork[],
	queued: number,
	oldestSeconds: number,
	isMoving: boolean,
): string {
	const [only] = live;
	const wait = queued === 1 ? '1 task has waited' : `${formatPlural(queued, 'task')} have waited`;
	const long = `${queued === 1 ? '' : 'up to '}${formatAge(oldestSeconds)}`;
	if (live.length === 1 && only) {
		const why = isMoving ? 'tasks elsewhere are handed out' : 'nothing ends there';
		return `${wait} ${long} for runtime ${only.name || only.id}, which is alive and busy with ${formatCount(only.running + only.dispatched)}: ${why}`;
	}
	const who = `${wait} ${long} for ${formatCount(live.length)} live runtimes`;
	return isMoving
		? `${who}, though tasks are handed out: more comes in than they can take`
		: `${who}, which are all busy with tasks that do not end: more comes in than they can take`;
}
