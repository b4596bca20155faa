import { formatAge, formatCount, formatPlural } from '../../../lib/format.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { agoAt, literal } from '../evidence.ts';
import { clue, type Finding } from '../finding.ts';
import {
	type FailureGroup,
	failuresQuery,
	isEverywhere,
	isFailing,
	recentFailures,
} from './failures.ts';

/** A runtime that fails (nearly) every task it takes. */
export const failingRuntime: FaultCheck = {
	fault: 'failing-runtime',
	title: 'A runtime fails everything it takes',
	symptom: 'Some tasks fail within seconds, again at every retry; others are fine.',
	cause:
		'One runtime cannot work: its login at the provider has expired, its quota is used up, the agent program is broken or the disk is full. Because it fails fast it is always free, and gets more than its share of tasks.',
	shows:
		"agent_task_queue of the last 15 minutes: at least 9 of 10 finished tasks of one runtime_id have status 'failed'.",
	fix: 'Stop the daemon of that runtime until its cause is mended; its failure_reason names it.',
	demo: 'retry-storm',
	asks: [failuresQuery],
	find(input) {
		const failures = recentFailures(input);
		if (!failures || isEverywhere(failures)) return [];
		const seen = new Set<string>();
		const worst: FailureGroup[] = [];
		for (const group of failures.groups) {
			if (!isFailing(group) || seen.has(group.runtimeId)) continue;
			seen.add(group.runtimeId);
			worst.push(group);
		}
		return worst.map((group) => finding(input, group));
	},
};

function finding(input: DiagnosisInput, group: FailureGroup): Finding {
	const { runtime, provider, reason, ofRuntime, finishedOfRuntime, firstSeconds, lastSeconds } =
		group;
	const isMost = group.failed >= 0.8 * group.ofReason;
	return {
		fault: 'failing-runtime',
		subject: runtime,
		severity: 'critical',
		confidence: 'certain',
		sentence: `runtime ${runtime}${provider === '' ? '' : ` (${provider})`} fails everything it takes: ${formatCount(ofRuntime)} of its last ${formatPlural(finishedOfRuntime, 'task')}, mostly with "${reason}"`,
		clues: [
			...clue(
				'failed',
				`${formatCount(ofRuntime)} of ${formatCount(finishedOfRuntime)} in 15 min, ${formatCount(group.retried)} of them retries`,
			),
			...clue('last failure', `${formatAge(lastSeconds)} ago`),
			...clue(
				`"${reason}" here`,
				`${formatCount(group.failed)} of ${formatCount(group.ofReason)} on all runtimes`,
			),
		],
		since: agoAt(input, firstSeconds),
		explains: isMost ? [{ fault: 'retry-storm', subject: reason }] : [],
		next: [
			{
				say: 'Stop the daemon of this runtime until the cause is mended, so that others take its tasks.',
			},
			{
				say: 'Read what it says.',
				sql: `select id, completed_at, attempt, failure_reason, left(error, 200) from agent_task_queue where runtime_id = ${literal(group.runtimeId)} and status = 'failed' order by completed_at desc limit 20;`,
			},
		],
	};
}
