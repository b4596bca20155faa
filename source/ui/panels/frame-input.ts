import type { DeskState } from '../../actions/desk-state.ts';
import type { Report } from '../../health/monitor.ts';
import type { Snapshot } from '../../sampling/snapshot.ts';
import type { ControlState, DiagnosisState, Environment } from '../console-context.ts';

/** All that a frame is made of besides what the user has opened. */
export type FrameInput = {
	readonly report: Report;
	/** Oldest first, the report's own snapshot included. */
	readonly history: readonly Snapshot[];
	/** This machine's clock, in ms since the epoch; stands still while nothing on screen needs it. */
	readonly now: number;
	readonly controls: ControlState;
	/** Absent where nobody can be asked: in a plain overview. */
	readonly diagnosis?: DiagnosisState;
	/** Absent where nobody can act: in a plain overview. */
	readonly desk?: DeskState;
	readonly environment: Environment;
};

/**
 * The server's clock now, in ms since the epoch: its last answer plus the time since. While paused
 * it stands still, so that a screen that isn't refreshed doesn't change by itself.
 */
export function serverNow(frame: FrameInput): number {
	const { at, answeredAt, connection } = frame.report.snapshot;
	if (frame.controls.isPaused && connection.kind === 'live') return at;
	return at + Math.max(0, frame.now - answeredAt);
}
