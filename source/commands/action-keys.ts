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

const pasteBegins = '\x1b[200~';
const pasteEnds = '\x1b[201~';

/**
 * Keys of a terminal as they are pressed, one call each, until `stop`. The terminal is asked to mark
 * what is pasted: it comes as one key called `pasted text`, in however many pieces it arrives.
 */
export function listenToKeys(
	{ stdin, output }: { readonly stdin: NodeJS.ReadStream; readonly output: NodeJS.WriteStream },
	onKey: (key: string) => void,
): { stop(): void } {
	let isPasting = false;
	const onData = (data: Buffer | string) => {
		const chunk = data.toString();
		const wasPasting = isPasting || chunk.includes(pasteBegins);
		isPasting = wasPasting && !chunk.includes(pasteEnds);
		if (!wasPasting) onKey(keyOf(chunk));
		else if (!isPasting) onKey('pasted text');
	};
	stdin.setRawMode(true);
	stdin.on('data', onData);
	stdin.resume();
	output.write('\x1b[?2004h');
	return {
		stop() {
			output.write('\x1b[?2004l');
			stdin.off('data', onData);
			stdin.setRawMode(false);
			stdin.pause();
		},
	};
}
