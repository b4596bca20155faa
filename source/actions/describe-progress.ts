import { formatAge, formatCount, formatPercent, formatPlural } from '../lib/format.ts';
import { etaSeconds, type Progress, rateOf, type YieldReason } from './progress.ts';
import { momentText } from './times.ts';

/** One line of how far it is, how fast, and how long it will still take. */
export function progressText(progress: Progress, sleepMs = 0): string {
	const { totalRows, doneRows, slicesDone, current, yielding, busyWith } = progress;
	const share = totalRows === 0 ? 0 : Math.min(1, doneRows / totalRows);
	const filled = Math.round(share * 20);
	const rate = rateOf(progress);
	const eta = etaSeconds(progress, sleepMs);
	const at = yielding
		? yieldText(yielding)
		: busyWith
			? `waits for pid ${busyWith.pid}`
			: current
				? momentText(current.fromMs)
				: '';
	return [
		`[${'#'.repeat(filled)}${'.'.repeat(20 - filled)}] ${formatPercent(share).padStart(4)}`,
		`${formatCount(doneRows)} of ${formatCount(totalRows)}`,
		formatPlural(slicesDone, 'slice'),
		rate === undefined ? '' : `${formatCount(rate)}/s`,
		share >= 1 ? '' : `eta ${eta === undefined ? '–' : formatAge(eta)}`,
		at,
	]
		.filter(Boolean)
		.join('  ');
}

/** Why the lock was let go of. */
export function yieldText(reason: YieldReason): string {
	if (reason.kind === 'paused') return 'paused';
	if (reason.kind === 'replica') {
		return `yields: a replica is ${formatAge(reason.lagSeconds)} behind`;
	}
	return `yields to pid ${reason.user.pid} (${reason.user.application || 'no name'})`;
}
