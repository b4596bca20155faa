import type { RunningConsole } from '../ui/render-console.tsx';

/** Hears when the process is asked to stop for a while, and when it goes on. */
export type JobSignals = {
	/** What ctrl-z asks for. */
	suspend(): void;
	close(): void;
};

/** Whoever is stopped comes back later than after this, in ms: a person lets it go on. */
const notStoppedMs = 5;

/**
 * Stops and goes on as a job of a shell does. Whoever has no shell above it that could let it go on is
 * not stopped by the system, and has the terminal again at once.
 */
export function hearJobSignals(screen: Pick<RunningConsole, 'suspend' | 'resume'>): JobSignals {
	let isSuspending = false;
	const suspend = () => {
		screen.suspend(() => {
			const asked = performance.now();
			// With nobody listening the signal does what it is for. It is the whole job's: who started us
			// (npm, a script) would go on without us otherwise.
			process.off('SIGTSTP', suspend);
			process.kill(0, 'SIGTSTP');
			process.on('SIGTSTP', suspend);
			isSuspending = performance.now() - asked > notStoppedMs;
		});
	};
	const goOn = () => {
		// After ctrl-z the screen is there already; this is for who was stopped unasked.
		if (!isSuspending) screen.resume();
		isSuspending = false;
	};
	process.on('SIGTSTP', suspend);
	process.on('SIGCONT', goOn);
	return {
		suspend,
		close() {
			process.off('SIGTSTP', suspend);
			process.off('SIGCONT', goOn);
		},
	};
}
