import type { ConsoleStreams } from '../render-console.tsx';
import { belowAll, type Painter } from './painter.ts';

const leaveScreen = `${belowAll}\x1b[?25h\x1b[?1049l`;
const enterScreen = '\x1b[?1049h\x1b[?25l';

/** Lends the terminal to the shell, and has it again. */
export type JobControl = {
	/** Gives the terminal back as it was, calls `stop`, and has it again when that returns. */
	suspend(stop: () => void): void;
	/** Has the terminal again: whoever stopped the process without asking left it in any state. */
	resume(): void;
};

/** For a console that is on the alternate screen in raw mode. */
export function createJobControl(
	{ stdout, stdin }: ConsoleStreams,
	painter: Pick<Painter, 'repaint'>,
): JobControl {
	const resume = () => {
		// Whether it is on already is not asked: the mode that is remembered may no longer be the terminal's.
		stdin.setRawMode(false);
		stdin.setRawMode(true);
		stdout.write(enterScreen);
		painter.repaint();
	};
	return {
		resume,
		suspend(stop) {
			stdin.setRawMode(false);
			stdout.write(leaveScreen);
			stop();
			resume();
		},
	};
}
