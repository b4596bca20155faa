import { displayWidth, graphemesOf } from '../../lib/text.ts';
import type { Line, Span } from '../draw/span.ts';
import type { StyleOf } from '../draw/theme.ts';

/**
 * A row of the screen, cell by cell. A wide character stands in its first cell, the second one
 * is the empty string; a style is the parameters of an SGR sequence, empty for the terminal's own.
 */
export type Row = { readonly texts: readonly string[]; readonly styles: readonly string[] };

// The last door before the terminal: whatever came this far, no control sequence goes through.
const control = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g;

/** A row of blanks. */
export const blankRow = (columns: number): Row => ({
	texts: Array<string>(columns).fill(' '),
	styles: Array<string>(columns).fill(''),
});

/** Lays a line out on a row of `columns` cells; what doesn't fit is lost, the rest is blank. */
export function rowOf(line: Line, columns: number, styleOf: StyleOf): Row {
	const texts: string[] = [];
	const styles: string[] = [];
	for (const [text, style] of styledGraphemes(line, styleOf)) {
		const width = displayWidth(text);
		if (texts.length + width > columns) break;
		for (let cell = 0; cell < width; cell++) {
			texts.push(cell === 0 ? text : '');
			styles.push(style);
		}
	}
	while (texts.length < columns) {
		texts.push(' ');
		styles.push('');
	}
	return { texts, styles };
}

function* styledGraphemes(line: Line, styleOf: StyleOf): Iterable<readonly [string, string]> {
	for (const span of line) {
		const style = styleOf(span);
		for (const text of graphemesOf(span.text.replace(control, '?'))) yield [text, style];
	}
}

/** Whether two lines are drawn alike, told without laying them out. */
export const isSameLine = (a: Line, b: Line): boolean =>
	a === b || (a.length === b.length && a.every((span, index) => isSameSpan(span, b[index])));

const isSameSpan = (a: Span, b: Span | undefined): boolean =>
	a === b ||
	(b !== undefined &&
		a.text === b.text &&
		a.tone === b.tone &&
		a.isDim === b.isDim &&
		a.isInverse === b.isInverse);
