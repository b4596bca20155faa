/** The names that a confirmation knows of the bytes a terminal sends. */
const names: Readonly<Record<string, string>> = {
	'\r': 'return',
	'\n': 'return',
	'\t': 'tab',
	'\x7f': 'backspace',
	'\b': 'backspace',
	'\x1b': 'escape',
	'\x03': 'ctrl-c',
	'\x04': 'ctrl-d',
	'\x1b[C': 'right',
	'\x1b[D': 'left',
	'\x1b[A': 'up',
	'\x1b[B': 'down',
	'\x1b[Z': 'shift-tab',
	' ': 'space',
};

/** A key of a chunk of input; several characters at once are what was pasted. */
export const keyOf = (chunk: string): string => names[chunk] ?? chunk;

/** Keys of a terminal as they are pressed, one call each, until `stop`. */
export function listenToKeys(
	stdin: NodeJS.ReadStream,
	onKey: (key: string) => void,
): { stop(): void } {
	const onData = (data: Buffer | string) => onKey(keyOf(data.toString()));
	stdin.setRawMode(true);
	stdin.on('data', onData);
	stdin.resume();
	return {
		stop() {
			stdin.off('data', onData);
			stdin.setRawMode(false);
			stdin.pause();
		},
	};
}
