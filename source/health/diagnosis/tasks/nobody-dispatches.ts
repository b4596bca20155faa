import { formatAge, formatCount, formatPlural } from '../../../lib/format.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { agoAt } from '../evidence.ts';
import { clue, type Finding } from '../finding.ts';
import { runtimesAtWork, runtimesAtWorkQuery } from './runtimes-at-work.ts';
import { handOuts, lastMovesQuery, waiting } from './waiting-tasks.ts';

/** Live runtimes have queued tasks, and nothing was handed out for as long as the oldest waits. */
export const nobodyDispatches: FaultCheck = {
	fault: 'nobody-dispatches',
	title: 'Nobody hands out tasks',
	symptom: 'Every new task stays queued, though runtimes are online.',
	cause:
		'The part of the product that gives queued tasks to runtimes stands still: its process is down, hangs, or waits for a lock. Queued tasks expire after 2 h.',
	shows: `agent_task_queue: queued tasks older than the newest dispatched_at, for runtimes whose last_seen_at is fresh.`,
	fix: 'Restart the server process that dispatches; if it runs, see what it waits for in pg_stat_activity.',
	demo: 'not-draining',
	asks: [runtimesAtWorkQuery, lastMovesQuery],
	find: (input) => [...dispatcherFindings(input), ...unboundFindings(input)],
};

function dispatcherFindings(input: DiagnosisInput): readonly Finding[] {
	const { live, idle, lastSeconds, isStill } = handOuts(input);
	const oldest = Math.max(0, ...live.map((each) => each.oldestQueuedSeconds ?? 0));
	const severity = waiting(input, oldest);
	// Where the runtimes are busy, there is only too much to do.
	if (severity === undefined || (!isStill && idle < live.length / 2)) return [];
	const queued = live.reduce((sum, each) => sum + each.queued, 0);
	const whom = `${formatPlural(live.length, 'live runtime')}${idle === 0 ? '' : `, ${formatCount(idle)} of them idle`}`;
	return [
		{
			fault: 'nobody-dispatches',
			subject: '',
			severity,
			confidence: isStill && idle > 0 ? 'certain' : 'likely',
			sentence: `${isStill ? 'nobody hands out tasks' : 'tasks are passed over'}: ${formatPlural(queued, 'task')} ${queued === 1 ? 'waits' : 'wait'} for ${whom}, the oldest for ${formatAge(oldest)}`,
			clues: [
				...clue(
					'last task handed out',
					lastSeconds === undefined ? 'not known' : `${formatAge(lastSeconds)} ago`,
				),
				...clue('oldest expires', `in ${formatAge(2 * 3600 - oldest)}`),
			],
			since: agoAt(input, isStill ? Math.min(lastSeconds ?? oldest, oldest) : oldest),
			explains: [
				{ signal: 'oldest-ready-task' },
				{ signal: 'not-draining', subject: '' },
				{ fault: 'overload' },
			],
			next: [
				{ say: 'Restart the process of the product that dispatches tasks.' },
				{
					say: 'If it runs, see what it waits for.',
					sql: `select pid, application_name, state, wait_event_type, wait_event, state_change, left(query, 80) from pg_stat_activity where datname = current_database() and backend_type = 'client backend' order by state_change;`,
				},
			],
		},
	];
}

/** Tasks that no runtime can be asked for. */
function unboundFindings(input: DiagnosisInput): readonly Finding[] {
	const atWork = runtimesAtWork(input);
	const oldest = atWork?.oldestUnboundSeconds ?? 0;
	const severity = waiting(input, oldest);
	if (!atWork || severity === undefined) return [];
	const { unboundQueued: queued } = atWork;
	return [
		{
			fault: 'nobody-dispatches',
			subject: 'no runtime',
			severity,
			confidence: 'possible',
			sentence: `${formatPlural(queued, 'task')} ${queued === 1 ? 'names' : 'name'} no runtime, and nobody has given ${queued === 1 ? 'it' : 'them'} one for up to ${formatAge(oldest)}`,
			clues: clue('oldest expires', `in ${formatAge(2 * 3600 - oldest)}`),
			since: agoAt(input, oldest),
			explains: [{ signal: 'oldest-ready-task' }, { signal: 'not-draining', subject: '' }],
			next: [
				{
					say: 'See whose they are, and bind those agents to a runtime.',
					sql: `select agent_id, count(*), min(created_at) from agent_task_queue where status = 'queued' and runtime_id is null group by agent_id order by 2 desc limit 20;`,
				},
			],
		},
	];
}
