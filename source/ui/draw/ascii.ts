import { displayWidth, graphemesOf } from '../../lib/text.ts';
import type { Line } from './span.ts';

/** What this program draws, and what stands for it where only ASCII can be shown; one cell each. */
const substitutes: Readonly<Record<string, string>> = {
	'●': 'o',
	'▲': '!',
	'✖': 'X',
	'◌': '?',
	'…': '~',
	'–': '-',
	'−': '-',
	'·': '.',
	'∞': '~',
	'±': '~',
	'→': '>',
	'←': '<',
	'↑': '^',
	'↓': 'v',
	'▸': '>',
	'▾': 'v',
	'‖': '=',
	'─': '-',
	'│': '|',
	'╭': '+',
	'╮': '+',
	'╰': '+',
	'╯': '+',
	'┼': '+',
	'┤': '|',
	'╶': '-',
	'╴': '-',
	'▁': '_',
	'▂': '.',
	'▃': '-',
	'▄': '=',
	'▅': '+',
	'▆': '*',
	'▇': '%',
	'█': '#',
};

/** A text may have several lines. */
const printable = /^[\n -~]*$/;

/** The same text in ASCII and of the same width: a letter that isn't ours becomes question marks. */
export function toAscii(text: string): string {
	if (printable.test(text)) return text;
	return Array.from(graphemesOf(text), (segment) => {
		if (printable.test(segment)) return segment;
		return substitutes[segment] ?? '?'.repeat(displayWidth(segment));
	}).join('');
}

/** {@link toAscii} for every span of a line. */
export const asciiLine = (line: Line): Line =>
	line.map((span) => (printable.test(span.text) ? span : { ...span, text: toAscii(span.text) }));
