import type { Moment } from '../console-context.ts';
import { notAsked } from '../overlays/diagnosis.ts';
import type { FrameInput } from '../panels/frame-input.ts';

/** What a frame is made of at a moment of the past: nothing in it is of now but what `past` has. */
export function asOf(live: FrameInput, moment: Moment, isDiagnosing: boolean): FrameInput {
	const { report, trends, gapMs, isPlaying, isNewest, isOldest } = moment;
	const { answers: _, ...rest } = live;
	return {
		...rest,
		report,
		trends,
		// The clock of then: ages are as they were when this sample was new.
		now: report.snapshot.publishedAt,
		// Sampled more seldom than now, what was fresh then would look old.
		controls: { isPaused: false, intervalMs: Math.max(live.controls.intervalMs, gapMs) },
		// Dear, so only while it is open.
		diagnosis: isDiagnosing ? { latest: moment.diagnose(), isAsking: false } : notAsked,
		past: { live: live.report, isPlaying, isNewest, isOldest },
	};
}
