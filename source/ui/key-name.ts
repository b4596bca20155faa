import type { Key } from 'ink';

/** Keys without a character of their own, as Ink flags them. */
const named = [
	['return', 'return'],
	['escape', 'escape'],
	['backspace', 'backspace'],
	['delete', 'backspace'],
	['upArrow', 'up'],
	['downArrow', 'down'],
	['leftArrow', 'left'],
	['rightArrow', 'right'],
	['pageUp', 'pageup'],
	['pageDown', 'pagedown'],
	['home', 'home'],
	['end', 'end'],
] as const satisfies readonly (readonly [keyof Key, string])[];

/**
 * The names of what was typed, in order: `q`, `G`, `space`, `ctrl-c`, `shift-tab`, `up`. A slow line
 * delivers several keys at once; each is one name. Keys with meta are none of ours.
 */
export function keyNames(input: string, key: Key): readonly string[] {
	if (key.meta && !key.escape) return [];
	if (key.tab) return [key.shift ? 'shift-tab' : 'tab'];
	const name = named.find(([flag]) => key[flag]);
	if (name !== undefined) return [name[1]];
	if (key.ctrl) return input === '' ? [] : [`ctrl-${input}`];
	return Array.from(input, (character) => {
		if (character === ' ') return 'space';
		if (character === '\r' || character === '\n') return 'return';
		return character === '\t' ? 'tab' : character;
	});
}
