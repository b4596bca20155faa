import { formatAge, formatCount, formatPlural } from '../../../lib/format.ts';
import { tasksOf } from '../../../sampling/panels.ts';
import { isAlarm } from '../../verdict.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { agoAt, evidenceRows, numberIn, textIn } from '../evidence.ts';
import { clue, type Finding } from '../finding.ts';
import {
	givenUpAfterSeconds,
	isAlive,
	namedIds,
	type RuntimeAtWork,
	runtimeClues,
	runtimesAtWork,
	runtimesAtWorkQuery,
	silentAfterSeconds,
} from './runtimes-at-work.ts';

/** A runtime that holds tasks is no longer heard. */
export const silentRuntime: FaultCheck = {
	fault: 'silent-runtime',
	title: 'A runtime died with tasks in hand',
	symptom: 'Some tasks run for ever, others are queued and never picked up; most belong together.',
	cause:
		'The daemon of one runtime stopped: its machine sleeps, is off, or lost the network. It gets no more work after 150 s; its running tasks are given up after 3 h, and tasks queued for it expire after 2 h.',
	shows: `Running or queued tasks whose runtime_id names an agent_runtime with last_seen_at older than 150 s.`,
	fix: 'Start the daemon again on that machine: within 3 h it keeps its running tasks. Else cancel them, so that they can be tried elsewhere.',
	demo: 'silent-runtime',
	asks: [runtimesAtWorkQuery, 'tasks/silent-fleet'],
	find(input) {
		const atWork = runtimesAtWork(input);
		if (!atWork) return [];
		const silent = atWork.runtimes.filter((each) => !isAlive(each) && isMissed(each, input));
		if (silent.length === 0) return idleFindings(input);
		return [finding(input, silent, atWork.runtimes)];
	},
};

/** Machines that were switched off one by one: who wonders why so many are silent is told. */
function idleFindings(input: DiagnosisInput): readonly Finding[] {
	const isTold = input.verdicts.some(
		(verdict) => verdict.signal === 'runtimes-silent' && isAlarm(verdict),
	);
	const row = evidenceRows(input, 'tasks/silent-fleet')?.[0];
	const silent = numberIn(row, 'silent') ?? 0;
	const known = numberIn(row, 'known') ?? 0;
	if (!isTold || silent === 0) return [];
	const isLast = silent === known;
	const last = formatAge(numberIn(row, 'latest_seconds') ?? 0);
	return [
		{
			fault: 'silent-runtime',
			subject: 'no work held',
			// With none left, whatever is created next waits.
			severity: isLast ? 'warn' : 'note',
			confidence: 'certain',
			sentence: `${isLast ? 'all' : `${formatCount(silent)} of`} ${formatPlural(known, 'runtime')} ${known === 1 ? 'is' : 'are'} silent, the last for ${last}: no work is held by them${isLast ? ', and nobody is left for what comes next' : ' and none has waited long for them'}`,
			clues: clue('fell silent last', textIn(row, 'latest_names')),
			since: agoAt(input, numberIn(row, 'earliest_seconds')),
			explains: [{ signal: 'runtimes-silent' }],
			next: [
				{
					say: isLast
						? 'Start a runtime, if there is to be work.'
						: 'Nothing, where these machines may be off.',
				},
			],
		},
	];
}

/** What only waits for a machine that is off is news once it has waited as long as a task may. */
function isMissed(runtime: RuntimeAtWork, { thresholds }: DiagnosisInput): boolean {
	const { warn } = thresholds['oldest-ready-task'];
	const patience = (warn?.at ?? 60) + (warn?.forMs ?? 0) / 1000;
	return runtime.running + runtime.dispatched > 0 || (runtime.oldestQueuedSeconds ?? 0) >= patience;
}

function finding(
	input: DiagnosisInput,
	silent: readonly RuntimeAtWork[],
	all: readonly RuntimeAtWork[],
): Finding {
	const held = silent.reduce((sum, each) => sum + each.running + each.dispatched + each.queued, 0);
	const hanging = held + hangingElsewhere(input, all);
	const longest = Math.max(...silent.map(({ silentSeconds }) => silentSeconds));
	const [first] = silent;
	const who =
		silent.length === 1 && first
			? `runtime ${first.name} (${first.kind}) has been silent for ${formatAge(longest)}`
			: `${formatPlural(silent.length, 'runtime')} have been silent for up to ${formatAge(longest)}`;
	const criticalSeconds = input.thresholds['running-on-silent-runtime'].critical?.at ?? 1800;
	const hasRunning = silent.some(({ running }) => running > 0);
	return {
		fault: 'silent-runtime',
		subject: silent.length === 1 ? (first?.name ?? '') : '',
		severity: hasRunning && longest >= criticalSeconds ? 'critical' : 'warn',
		confidence: 'certain',
		sentence: `${who}: ${silent.length === 1 ? 'it explains' : 'they explain'} ${formatCount(held)} of ${formatPlural(hanging, 'hanging task')}`,
		clues: [
			...runtimeClues(silent, holds),
			...clue(
				'given up',
				hasRunning && longest < givenUpAfterSeconds
					? `in ${formatAge(givenUpAfterSeconds - longest)}`
					: undefined,
			),
		],
		since: agoAt(input, longest),
		explains: [
			{ signal: 'running-on-silent-runtime' },
			{ signal: 'runtimes-silent' },
			{ signal: 'no-runtime-for-work' },
			{ signal: 'dispatched-not-started' },
			...(isMostOfTheQueue(input, silent)
				? ([{ signal: 'oldest-ready-task' }, { signal: 'not-draining', subject: '' }] as const)
				: []),
		],
		next: [
			{ say: 'Start its daemon again where it runs; within 3 h it keeps its running tasks.' },
			{
				say: 'Else see what it holds, and cancel that in the product.',
				sql: `select id, status, started_at from agent_task_queue where runtime_id in ${namedIds(silent)} and status in ('running', 'dispatched', 'queued');`,
			},
		],
	};
}

function holds({ kind, silentSeconds, running, dispatched, queued }: RuntimeAtWork): string {
	const parts = [
		running > 0 && `${formatCount(running)} running`,
		dispatched > 0 && `${formatCount(dispatched)} dispatched`,
		queued > 0 && `${formatCount(queued)} queued`,
	].filter(Boolean);
	return `${kind}, silent ${formatAge(silentSeconds)}, ${parts.join(', ')}`;
}

/** Tasks that look alike to a person and have another cause. */
function hangingElsewhere(input: DiagnosisInput, all: readonly RuntimeAtWork[]): number {
	const long = Number(tasksOf(input.snapshot).data.runningOverThirtyMinutes ?? 0);
	const unstarted = all
		.filter((each) => isAlive(each) && (each.oldestDispatchedSeconds ?? 0) >= 60)
		.reduce((sum, { dispatched }) => sum + dispatched, 0);
	return long + unstarted;
}

/** The oldest queued task waits for one of them: nobody else could have taken it. */
function isMostOfTheQueue(input: DiagnosisInput, silent: readonly RuntimeAtWork[]): boolean {
	const oldest = tasksOf(input.snapshot).data.oldestReadySeconds;
	const theirs = Math.max(...silent.map((each) => each.oldestQueuedSeconds ?? 0));
	return typeof oldest === 'number' && theirs >= oldest - silentAfterSeconds / 10;
}
