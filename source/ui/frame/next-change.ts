import type { FrameInput } from '../panels/frame-input.ts';

const secondMs = 1000;

/**
 * When the screen would change by the passing of time alone, by this machine's clock in ms;
 * undefined: it wouldn't. Countdowns and ages move by the second and only while they are shown.
 */
export function nextChangeAt({
	report,
	controls,
	now,
}: Pick<FrameInput, 'report' | 'controls' | 'now'>): number | undefined {
	const { connection, answeredAt } = report.snapshot;
	const nextSecondAfter = (since: number) => now + secondMs - (Math.max(0, now - since) % secondMs);
	switch (connection.kind) {
		case 'connecting':
			return nextSecondAfter(connection.since);
		case 'lost':
			return controls.isPaused ? undefined : nextSecondAfter(connection.nextTryAt % secondMs);
		case 'live': {
			if (controls.isPaused) return undefined;
			// From here on the samples are late, and their age is shown.
			const lateAt = answeredAt + 2 * controls.intervalMs + 1;
			return now < lateAt ? lateAt : nextSecondAfter(answeredAt);
		}
	}
}
