import { leasesOf } from '../sampling/lease.ts';
import { tasksOf } from '../sampling/multica.ts';
import type { Snapshot } from '../sampling/snapshot.ts';
import { judge } from './judge.ts';
import { measure } from './measure.ts';
import { type Bound, defaultThresholds, type SignalName, type Threshold } from './thresholds.ts';
import type { Verdict } from './verdict.ts';

/**
 * Judges one sample by the thresholds of the screen. What must last there can't be seen to last here,
 * so that
 * - an age that must last is held against both together: what is 3 minutes old has been over
 *   1 minute old for 2;
 * - a number that must last counts as critical when something else in the sample is old enough to prove
 *   it (see {@link proofs}), else as a warning; a warning of that kind is none;
 * - a level that must not fall is not judged: that takes two samples.
 */
export function judgeOnce(
	snapshot: Snapshot,
	thresholds: Readonly<Record<SignalName, Threshold>> = defaultThresholds,
): readonly Verdict[] {
	const proven = proofs(snapshot);
	const atOnce = Object.fromEntries(
		Object.entries(thresholds).map(([signal, threshold]) => [
			signal,
			threshold.unit === 'seconds'
				? agesAtOnce(threshold)
				: numbersAtOnce(threshold, proven[signal as SignalName] ?? 0),
		]),
	) as Record<SignalName, Threshold>;
	return judge(measure(snapshot), new Map(), atOnce, snapshot.at).verdicts;
}

/** For how long, in seconds, a sample proves that a signal has held. */
function proofs(snapshot: Snapshot): Partial<Record<SignalName, number>> {
	const leases = leasesOf(snapshot).data;
	const tasks = tasksOf(snapshot).data;
	return {
		'no-active-lease': leases.longestWaitSeconds ?? 0,
		'expired-leases-remain': leases.oldestExpiredSeconds ?? 0,
		'no-runtime-for-work': tasks.oldestReadySeconds ?? 0,
	};
}

function agesAtOnce({ warn, critical, ...rest }: Threshold): Threshold {
	const sum = ({ at, forMs }: Bound): Bound => ({ at: at + forMs / 1000, forMs: 0 });
	return {
		...rest,
		...(warn && { warn: sum(warn) }),
		...(critical && { critical: sum(critical) }),
	};
}

function numbersAtOnce({ warn, critical, ...rest }: Threshold, provenSeconds: number): Threshold {
	const isProven = ({ forMs }: Bound) => provenSeconds * 1000 >= forMs;
	const once = ({ at }: Bound): Bound => ({ at, forMs: 0 });
	const warning =
		warn && isProven(warn) ? warn : critical && !isProven(critical) ? critical : undefined;
	return {
		...rest,
		...(warning && { warn: once(warning) }),
		...(critical && isProven(critical) && { critical: once(critical) }),
	};
}
