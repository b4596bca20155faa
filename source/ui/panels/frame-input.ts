import type { DeskState } from '../../actions/desk-state.ts';
import type { Report } from '../../health/monitor.ts';
import type { Trends } from '../../sampling/history/trends.ts';
import type { Answers } from '../../sampling/question.ts';
import type {
	ControlState,
	DiagnosisState,
	Environment,
	TargetsState,
} from '../console-context.ts';

/** What is known besides, while the frame is of the past. */
export type Past = {
	/** The latest report; of a recording, the last. */
	readonly live: Report;
	/** A recording moves on by itself. */
	readonly isPlaying: boolean;
	/** There is no later sample. */
	readonly isNewest: boolean;
	/** There is no earlier one. */
	readonly isOldest: boolean;
};

/** All that a frame is made of besides what the user has opened. */
export type FrameInput = {
	readonly report: Report;
	/** Up to the report's own snapshot. */
	readonly trends: Trends;
	/** This machine's clock, in ms since the epoch; stands still while nothing on screen needs it. */
	readonly now: number;
	readonly controls: ControlState;
	/** Absent where nobody can be asked: in a plain overview. */
	readonly diagnosis?: DiagnosisState;
	/** Absent where nobody can act: in a plain overview. */
	readonly desk?: DeskState;
	/** Answers to the questions of what is open; absent where nobody asks: in a plain overview. */
	readonly answers?: Answers;
	/** Absent where there is nothing to choose from. */
	readonly targets?: TargetsState;
	readonly environment: Environment;
	/** Absent: the frame is of now. */
	readonly past?: Past;
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
