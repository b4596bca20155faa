import { formatAge } from '../../../lib/format.ts';
import type { DiagnosisInput, FaultCheck } from '../check.ts';
import { agoAt, identifier } from '../evidence.ts';
import { clue, type Finding, type NextStep } from '../finding.ts';
import { blockedBy } from './blocked-by.ts';
import { endSql, type Lock, lockOf, locksQuery, nameOf, sessionClues } from './locks.ts';
import { behindSeconds, type PipelineHere, pipelinesHere } from './pipelines.ts';
import { ticks } from './ticks.ts';

/** A session at work holds a pipeline's lock for long. */
export const lockBusy: FaultCheck = {
	fault: 'lock-busy',
	title: 'A rollup lock is held for long',
	symptom: 'A backfill runs for hours; meanwhile ticks do nothing and usage stands still.',
	cause:
		'While a backfill walks through the months it holds the lock by right, and ticks return 0. Anything else that holds it for long (a tick over a huge window, a script with a sleep in it) blocks the pipeline.',
	shows:
		'pg_locks as for a leaked lock, the holder active: its query names the window function (a backfill), or does not.',
	fix: 'Let a backfill finish: what it has done it keeps, and the first tick afterwards catches up. Cancel what has no business there.',
	demo: 'green-but-blocked',
	asks: [locksQuery],
	find: (input) =>
		pipelinesHere(input).flatMap((pipeline) => {
			const lock = lockOf(input, pipeline);
			if (!lock || lock.purpose === 'leaked') return [];
			return judged(input, pipeline, lock);
		}),
};

function judged(input: DiagnosisInput, pipeline: PipelineHere, lock: Lock): readonly Finding[] {
	const { holder, purpose } = lock;
	const { warn, critical } = input.thresholds['rollup-lock-active'];
	const lag = input.thresholds['rollup-data-lag'];
	const held = holder.transactionSeconds ?? holder.stateSeconds;
	const isBehind = (behindSeconds(pipeline) ?? 0) >= (lag.warn?.at ?? 900);
	// A tick holds it for a moment too, and so does every slice of a walk.
	const isLong = (held ?? 0) >= (warn?.at ?? 300);
	if (purpose === 'hidden') return isBehind ? [hiddenFinding(input, pipeline, lock)] : [];
	if (purpose === 'backfill')
		return isLong || isBehind ? [backfillFinding(input, pipeline, lock)] : [];
	if (purpose === 'resting')
		return isLong || (isBehind && !isLastMoment(pipeline, lock))
			? [restingFinding(pipeline, lock)]
			: [];
	const isTick = ticks(holder.query, pipeline);
	// A tick that brings a pipeline level is at work on just that, however far behind it is.
	if (!isLong && (isTick || !isBehind)) return [];
	const isCritical =
		(held ?? 0) >= (critical?.at ?? 1500) ||
		(!isTick && (behindSeconds(pipeline) ?? 0) >= (lag.critical?.at ?? 3600));
	return [workingFinding(input, pipeline, lock, isCritical ? 'critical' : 'warn')];
}

/** A tick has ended, and its transaction is about to. */
const isLastMoment = (pipeline: PipelineHere, { holder }: Lock): boolean =>
	holder.state !== 'idle' && ticks(holder.query, pipeline);

function backfillFinding(input: DiagnosisInput, pipeline: PipelineHere, lock: Lock): Finding {
	const held = lock.holder.transactionSeconds ?? lock.holder.stateSeconds;
	return {
		...base(pipeline, lock),
		severity: 'note',
		confidence: lock.holder.state === 'active' ? 'certain' : 'likely',
		sentence: `${nameOf(lock.holder)} recomputes ${pipeline.name} (a backfill or a replay${lock.holder.state === 'active' ? '' : ', between two slices'}) and holds its lock by right: ticks do nothing until it is done`,
		since: agoAt(input, held),
		// Who wants to delete a workspace meanwhile is harmed, by right or not.
		explains: blockedBy(pipeline.name, lock.holder.pid).filter(
			(each) =>
				!('fault' in each && each.fault === 'blocked-delete') &&
				!('signal' in each && each.signal === 'rollup-lock-waiter'),
		),
		next: [{ say: 'Let it finish; the first tick afterwards brings the rest.' }],
	};
}

function workingFinding(
	input: DiagnosisInput,
	pipeline: PipelineHere,
	lock: Lock,
	severity: Finding['severity'],
): Finding {
	const held = lock.holder.transactionSeconds ?? lock.holder.stateSeconds ?? 0;
	const { warn } = input.thresholds['rollup-lock-active'];
	const still = Math.max(held, pipeline.data.runAgeSeconds ?? 0);
	return {
		...base(pipeline, lock),
		severity,
		confidence: held >= (warn?.at ?? 300) ? 'certain' : 'likely',
		sentence: ticks(lock.holder.query, pipeline)
			? `a tick of ${pipeline.name} has been at work for ${formatAge(held)} in ${nameOf(lock.holder)}: other ticks succeed and do nothing`
			: `${pipeline.name} rollup is blocked: ${nameOf(lock.holder)} holds lock ${pipeline.lock} and is at work on something else; nothing was rolled up for ${formatAge(still)}`,
		since: agoAt(input, still),
		next: [cancelStep(lock)],
	};
}

/** It may be a backfill or a leak: so nothing is folded away by it, and no alarm taken back. */
function restingFinding(pipeline: PipelineHere, lock: Lock): Finding {
	const { holder } = lock;
	const idle = formatAge(holder.stateSeconds ?? 0);
	return {
		...base(pipeline, lock),
		severity: 'warn',
		confidence: 'possible',
		sentence: `${nameOf(holder)}, ${holder.state ?? 'idle'} for ${idle}, holds the lock of ${pipeline.name}: a backfill between two slices, or a connection in use that has forgotten it`,
		since: undefined,
		explains: blockedBy(pipeline.name, holder.pid).filter((each) => 'signal' in each),
		next: [
			{ say: 'Look again while it is at work: a backfill calls the window function.' },
			{
				say: 'If it does anything else, end that session; its pool opens a new one.',
				sql: endSql(holder),
			},
		],
	};
}

function hiddenFinding(input: DiagnosisInput, pipeline: PipelineHere, lock: Lock): Finding {
	const user = identifier(input.snapshot.identity?.user ?? 'this role');
	return {
		...base(pipeline, lock),
		severity: 'warn',
		confidence: 'possible',
		sentence: `${pipeline.name} stands still while ${nameOf(lock.holder)} holds its lock; whether that works or has forgotten it, this role may not see`,
		since: undefined,
		next: [
			{
				say: 'Let the watcher see what others do, then look again.',
				sql: `grant pg_read_all_stats to ${user};`,
			},
			{ say: 'Or ask whoever runs that application.' },
		],
	};
}

function base(pipeline: PipelineHere, lock: Lock) {
	const behind = behindSeconds(pipeline);
	return {
		fault: 'lock-busy',
		subject: pipeline.name,
		clues: [
			...sessionClues('holder', lock.holder),
			...lock.waiters.slice(0, 3).flatMap((waiter) => sessionClues('waits for it', waiter)),
			...clue('usage not rolled up', behind === undefined ? undefined : formatAge(behind)),
		],
		explains: blockedBy(pipeline.name, lock.holder.pid),
	} as const;
}

const cancelStep = ({ holder }: Lock): NextStep => ({
	say: 'If it is not meant to, cancel it; its transaction is rolled back.',
	sql: `select pg_cancel_backend(${holder.pid});`,
});
