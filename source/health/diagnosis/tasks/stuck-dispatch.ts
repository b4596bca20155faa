import { formatAge, formatPlural } from '../../../lib/format.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { agoAt } from '../evidence.ts';
import type { Finding } from '../finding.ts';
import {
	isAlive,
	namedIds,
	type RuntimeAtWork,
	runtimeClues,
	runtimesAtWork,
	runtimesAtWorkQuery,
} from './runtimes-at-work.ts';

/** A live runtime was given tasks and does not start them. */
export const stuckDispatch: FaultCheck = {
	fault: 'stuck-dispatch',
	title: 'Tasks are dispatched and never started',
	symptom: 'Tasks stand in "dispatched" for minutes, then fail and are tried again.',
	cause:
		'The runtime beats, so the product gives it work, but it does not begin: it is full, its agent program does not start, or the message that hands the task over is lost. An unstarted task fails after 5 min.',
	shows: `agent_task_queue: status 'dispatched', started_at NULL, dispatched_at over a minute ago, and agent_runtime.last_seen_at fresh.`,
	fix: "Restart the runtime's daemon and look at its log: can it start the agent program?",
	demo: 'stuck-dispatch',
	asks: [runtimesAtWorkQuery],
	find(input) {
		const { warn, critical } = input.thresholds['dispatched-not-started'];
		const stuck = (runtimesAtWork(input)?.runtimes ?? []).filter(
			(each) => isAlive(each) && (each.oldestDispatchedSeconds ?? 0) >= (warn?.at ?? 60),
		);
		return stuck.length === 0
			? []
			: [finding(input, stuck, critical?.at ?? Number.POSITIVE_INFINITY)];
	},
};

function finding(
	input: DiagnosisInput,
	stuck: readonly RuntimeAtWork[],
	criticalSeconds: number,
): Finding {
	const oldest = Math.max(...stuck.map((each) => each.oldestDispatchedSeconds ?? 0));
	const tasks = stuck.reduce((sum, { dispatched }) => sum + dispatched, 0);
	const only = stuck.length === 1 ? stuck[0] : undefined;
	const who = only ? `runtime ${only.name}` : formatPlural(stuck.length, 'live runtime');
	return {
		fault: 'stuck-dispatch',
		subject: only?.name ?? '',
		severity: oldest >= criticalSeconds ? 'critical' : 'warn',
		confidence: 'certain',
		sentence: `${who} took ${formatPlural(tasks, 'task')} up to ${formatAge(oldest)} ago and ${only ? 'has' : 'have'} not started ${tasks === 1 ? 'it' : 'them'}, though alive; unstarted tasks fail at 5m`,
		clues: runtimeClues(
			stuck,
			({ kind, silentSeconds, dispatched, oldestDispatchedSeconds = 0 }) =>
				`${kind}, heard ${formatAge(silentSeconds)} ago, ${formatPlural(dispatched, 'task')} unstarted for up to ${formatAge(oldestDispatchedSeconds)}`,
		),
		since: agoAt(input, oldest),
		explains: [{ signal: 'dispatched-not-started' }],
		next: [
			{ say: 'Restart the daemon of the runtime and read its log: does the agent program start?' },
			{
				say: 'See the tasks.',
				sql: `select id, runtime_id, dispatched_at, attempt from agent_task_queue where status = 'dispatched' and started_at is null and runtime_id in ${namedIds(stuck)};`,
			},
		],
	};
}
