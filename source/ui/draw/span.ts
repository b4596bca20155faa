import { clip, displayWidth } from '../../lib/text.ts';

/** What a piece of text means; a theme turns it into colour and weight, a builder never does. */
export type Tone =
	| 'ok'
	| 'warn'
	| 'critical'
	| 'unknown'
	| 'accent'
	| 'title'
	| 'strong'
	| 'muted'
	| 'frame'
	| 'focus'
	| 'production'
	| LabelTone;

/** Colours that a user may give a target: its name is drawn in it. */
export type LabelColor = 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan';

/** The tone of such a name. */
export type LabelTone = `label-${LabelColor}`;

/** A run of text in one style. */
export type Span = {
	readonly text: string;
	readonly tone?: Tone;
	/** Not to be trusted any more: stale, or the line to the server is lost. */
	readonly isDim?: boolean;
	readonly isInverse?: boolean;
};

/** One row of the screen, or of a part of it. */
export type Line = readonly Span[];

/** What {@link line} takes: nothing, plain text, a span or more spans. */
export type Piece = string | Span | Line | undefined;

const isLine = (piece: Span | Line): piece is Line => Array.isArray(piece);

/** A piece of text with a meaning. */
export const span = (text: string, tone?: Tone): Span =>
	tone === undefined ? { text } : { text, tone };

/** Puts pieces one after the other; empty ones vanish. */
export function line(...pieces: readonly Piece[]): Line {
	const spans: Span[] = [];
	for (const piece of pieces) {
		if (piece === undefined || piece === '') continue;
		if (typeof piece === 'string') spans.push({ text: piece });
		else if (isLine(piece)) spans.push(...piece);
		else if (piece.text !== '') spans.push(piece);
	}
	return spans;
}

/** Cells that a line takes. */
export const lineWidth = (content: Line): number =>
	content.reduce((sum, { text }) => sum + displayWidth(text), 0);

/** The text alone. */
export const lineText = (content: Line): string => content.map(({ text }) => text).join('');

/** The line cut to at most `width` cells; where something is lost an ellipsis says so. */
export function clipLine(content: Line, width: number): Line {
	if (lineWidth(content) <= width) return content;
	const kept: Span[] = [];
	let left = Math.max(0, width);
	for (const each of content) {
		const cells = displayWidth(each.text);
		if (cells < left || (cells === left && each === content.at(-1))) {
			kept.push(each);
			left -= cells;
			continue;
		}
		if (left > 0) kept.push({ ...each, text: clip(`${each.text} `, left) });
		break;
	}
	return kept;
}

/** The line cut or filled with blanks to exactly `width` cells. */
export function padLine(content: Line, width: number): Line {
	const clipped = clipLine(content, width);
	const missing = width - lineWidth(clipped);
	return missing > 0 ? [...clipped, { text: ' '.repeat(missing) }] : clipped;
}

/** `left` and `right` at the two ends of `width` cells; the left gives way, then the right. */
export function spreadLine(left: Line, right: Line, width: number): Line {
	const rightWidth = lineWidth(right);
	if (lineWidth(left) === 0 && rightWidth > width) return clipLine(right, width);
	if (rightWidth === 0 || rightWidth + 2 > width) return clipLine(left, width);
	return [...padLine(left, width - rightWidth - 1), { text: ' ' }, ...right];
}

/** Two lines in one, apart where there is something of both. */
export const spaced = (left: Line, right: Line): Line =>
	left.length === 0 || right.length === 0
		? [...left, ...right]
		: [...left, { text: '  ' }, ...right];

/** Every span of the line marked as not to be trusted any more. */
export const dimLine = (content: Line): Line => content.map((each) => ({ ...each, isDim: true }));

/** Lines from pieces, wrapped at `width` between pieces, with `gap` between two of a row. */
export function flowLines(pieces: readonly Line[], width: number, gap = '  '): readonly Line[] {
	const rows: Line[] = [];
	let row: Line = [];
	for (const piece of pieces) {
		const isFirst = row.length === 0;
		if (!isFirst && lineWidth(row) + gap.length + lineWidth(piece) > width) {
			rows.push(row);
			row = piece;
		} else row = isFirst ? piece : [...row, { text: gap }, ...piece];
	}
	if (row.length > 0) rows.push(row);
	return rows.map((each) => clipLine(each, width));
}
