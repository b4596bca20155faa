import { render } from 'ink';
import { Console } from './components/console.tsx';
import { type ConsoleContext, ConsoleProvider } from './console-context.ts';
import { createStyles, type StyleOf } from './draw/theme.ts';
import { createJobControl, type JobControl } from './terminal/job-control.ts';
import { createModeStream, type TerminalOutput } from './terminal/mode-stream.ts';
import { neverBlock } from './terminal/never-block.ts';
import { createPainter } from './terminal/painter.ts';

/** The terminal's streams. */
export type ConsoleStreams = {
	/** A terminal: its size is read, its `resize` and `drain` events are heard. */
	readonly stdout: TerminalOutput;
	/** A terminal that can be put into raw mode. */
	readonly stdin: NodeJS.ReadStream;
};

/** A console on screen. */
export type RunningConsole = JobControl & {
	/**
	 * Resolves when the user has quit or {@link RunningConsole.unmount} was called and the terminal
	 * is as it was: main screen, cursor shown, raw mode off. Rejects, with the terminal given back
	 * too, if drawing failed.
	 */
	waitUntilExit(): Promise<void>;
	/** Gives the terminal back at once, synchronously; harmless a second time. */
	unmount(): void;
	/** Shows another context from now on, beginning anew: nothing that was open is. */
	show(context: ConsoleContext): void;
	/** Resolves when all keys typed so far were handled and what they changed is painted. */
	whenIdle(): Promise<void>;
};

/**
 * Shows the console on a terminal's alternate screen until the user quits. It sets no signal
 * handlers of its own; Ink gives the terminal back when the process ends while it is shown.
 */
export function renderConsole(
	context: ConsoleContext,
	{ stdout, stdin }: ConsoleStreams,
): RunningConsole {
	neverBlock(stdout);
	let styleOf = stylesOf(context);
	const painter = createPainter(stdout, (span) => styleOf(span));
	let shown = 0;
	const tree = (each: ConsoleContext) => (
		<ConsoleProvider value={each}>
			<Console key={shown} painter={painter} />
		</ConsoleProvider>
	);
	// Before the first frame, so that a key pressed at its sight is a key and no signal.
	stdin.setRawMode(true);
	const ink = render(tree(context), {
		stdout: createModeStream(stdout),
		stdin,
		alternateScreen: true,
		// In CI too: whether this is a terminal was decided by who called.
		interactive: true,
		exitOnCtrlC: false,
		// A line printed over the screen helps nobody; on the alternate screen it would be lost.
		patchConsole: false,
	});
	const close = () => {
		painter.close();
		ink.unmount();
	};
	const exited = ink.waitUntilExit().then(
		() => painter.close(),
		(error: unknown) => {
			painter.close();
			throw error;
		},
	);
	// Who never waits must not be stopped by a rejection; who waits still gets it.
	exited.catch(() => undefined);
	return {
		...createJobControl({ stdout, stdin }, painter),
		waitUntilExit: () => exited,
		unmount: close,
		show(next) {
			styleOf = stylesOf(next);
			painter.reset();
			shown += 1;
			ink.rerender(tree(next));
		},
		async whenIdle() {
			do {
				await turn();
				await ink.waitUntilRenderFlush();
			} while (stdin.readableLength > 0 || !painter.isIdle());
		},
	};
}

const stylesOf = ({ environment: { theme, hasColor } }: ConsoleContext): StyleOf =>
	createStyles(theme, hasColor);

/** One round of the event loop: what was written to a stream is there to be read. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
