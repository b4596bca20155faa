import { formatAge, formatCount, formatPercent, formatPlural } from '../../../lib/format.ts';
import type { FaultCheck } from '../check.ts';
import { agoAt, literal } from '../evidence.ts';
import { clue } from '../finding.ts';
import { type FailureGroup, failuresQuery, recentFailures } from './failures.ts';

/** So many tasks, and this share of all that finished, fail for one reason before it is a storm. */
const fewestTasks = 10;
const stormShare = 0.2;

/** One reason makes many tasks fail in a short time. */
export const retryStorm: FaultCheck = {
	fault: 'retry-storm',
	title: 'Many tasks fail for the same reason',
	symptom:
		'Tasks fail in numbers, are queued again and fail again; the queue stays busy with them.',
	cause:
		'Something that many tasks need is gone: a provider limits or refuses, a key has expired, a new version is broken. Every retry takes a place that other tasks wait for.',
	shows:
		"agent_task_queue of the last 15 minutes: status 'failed' with one failure_reason, on a fifth or more of all finished tasks.",
	fix: 'Mend what failure_reason names. Until then stop what creates such tasks, or lower max_attempts.',
	demo: 'provider-down',
	asks: [failuresQuery],
	find(input) {
		const failures = recentFailures(input);
		const byReason = Map.groupBy(failures?.groups ?? [], ({ reason }) => reason);
		return [...byReason].flatMap(([reason, groups]) => {
			const [top] = groups;
			const finished = failures?.finished ?? 0;
			if (!top || top.ofReason < fewestTasks || top.ofReason < stormShare * finished) return [];
			const retried = total(groups, 'retried');
			const providers = new Set(groups.map(({ provider }) => provider));
			const only = providers.size === 1 ? [...providers][0] : undefined;
			return [
				{
					fault: 'retry-storm',
					subject: reason,
					severity: 'warn',
					confidence: 'likely',
					sentence: `${formatCount(top.ofReason)} of ${formatPlural(finished, 'task')} that ended in 15 min failed with "${reason}"${only ? `, all on ${only}` : ''}: ${formatCount(retried)} were retries`,
					clues: [
						...clue('share', formatPercent(top.ofReason / Math.max(finished, 1))),
						...clue(
							'on',
							`${formatPlural(top.runtimesOfReason, 'runtime')}, most on ${top.runtime} (${formatCount(top.failed)})`,
						),
						...clue(
							'last failure',
							`${formatAge(Math.min(...groups.map(({ lastSeconds }) => lastSeconds)))} ago`,
						),
					],
					since: agoAt(input, Math.max(...groups.map(({ firstSeconds }) => firstSeconds))),
					explains: [],
					next: [
						{
							say: `Find what "${reason}" says of the provider or the network, and stop what creates such tasks until then.`,
						},
						{
							say: 'Read the errors.',
							sql: `select runtime_id, completed_at, attempt, left(error, 200) from agent_task_queue where status = 'failed' and failure_reason = ${literal(reason)} and completed_at > now() - interval '15 minutes' order by completed_at desc limit 20;`,
						},
					],
				} as const,
			];
		});
	},
};

const total = (groups: readonly FailureGroup[], column: 'retried'): number =>
	groups.reduce((sum, group) => sum + group[column], 0);
