import { useEffect, useReducer } from 'react';
import type { Report } from '../../health/monitor.ts';
import { type ControlState, useConsole } from '../console-context.ts';
import { nextChangeAt } from '../frame/next-change.ts';

/** setTimeout counts no further. */
const longestTimeoutMs = 2_147_483_647;

/**
 * This machine's clock, in ms since the epoch. It stands still at the arrival of the report, and
 * moves on its own only while something on screen is a countdown or an age: a screen on which
 * nothing changes isn't drawn.
 */
export function useClock(report: Report, controls: ControlState): number {
	const context = useConsole();
	const [ticked, tick] = useReducer(
		(_: number, dueAt: number) => Math.max(context.now(), dueAt),
		0,
	);
	// A timer that is a moment early, or a clock that was set back, still counts as that moment.
	const now = Math.max(ticked, report.snapshot.publishedAt);
	useEffect(() => {
		const at = nextChangeAt({ report, now, controls });
		if (at === undefined) return;
		const waitMs = Math.min(Math.max(at - context.now(), 1), longestTimeoutMs);
		const timer = setTimeout(() => tick(at), waitMs);
		return () => clearTimeout(timer);
	}, [context, report, controls, now]);
	return now;
}
