/** What Ink needs of a terminal's output. */
export type TerminalOutput = NodeJS.WriteStream;

// DECSET and DECRST alone: alternate screen, cursor, bracketed paste. 2026 brackets Ink's own frames.
const modeSwitch = /^\x1b\[\?(?!2026)\d+[hl]$/;

/** How long the end waits for a terminal that takes no more. */
const patienceMs = 1000;

/**
 * The terminal as Ink gets it: its size and its events are real, and what switches a mode goes
 * through. Ink's own frames don't: the painter draws the screen, because Ink 8 lays out and
 * tokenises every cell again on each commit (11 ms and 2.2 KB at 140×45 where two numbers changed).
 */
export function createModeStream(output: TerminalOutput): TerminalOutput {
	const write = (chunk: unknown, ...rest: readonly unknown[]): boolean => {
		const done = rest.find((each): each is () => void => typeof each === 'function');
		const passes = chunk === '' || (typeof chunk === 'string' && modeSwitch.test(chunk));
		// Nothing, and word when it is through: Ink's way to wait until all is written.
		if (chunk === '' && done !== undefined) return output.write('', soonest(done));
		if (passes) return output.write(chunk, done);
		if (done !== undefined) queueMicrotask(done);
		return true;
	};
	return new Proxy(output, {
		get(target, name) {
			if (name === 'write') return write;
			const value: unknown = Reflect.get(target, name, target);
			return typeof value === 'function' ? value.bind(target) : value;
		},
	});
}

/** Calls `done` once: when it is called itself, or when waiting has lost its point. */
function soonest(done: () => void): () => void {
	const timer = setTimeout(settle, patienceMs);
	let isSettled = false;
	function settle(): void {
		clearTimeout(timer);
		if (!isSettled) done();
		isSettled = true;
	}
	return settle;
}
