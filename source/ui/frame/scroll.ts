import { type Line, padLine, span } from '../draw/span.ts';

/** A window on lines that may be more than fit. */
export type Scrolled = {
	readonly lines: readonly Line[];
	/** First line shown, brought into bounds. */
	readonly top: number;
	/** The greatest `top` that makes sense. */
	readonly maxTop: number;
	/** Rows shown at once. */
	readonly pageRows: number;
};

/** The lines from `top` that fit into `height`. */
export function scrollLines(lines: readonly Line[], wantedTop: number, height: number): Scrolled {
	const maxTop = Math.max(0, lines.length - height);
	const top = Math.max(0, Math.min(wantedTop, maxTop));
	return { lines: lines.slice(top, top + height), top, maxTop, pageRows: height };
}

/** Where the window stands, such as `12–40 of 96`; empty where all is visible. */
export const scrollTag = ({ top, maxTop, pageRows }: Scrolled): Line =>
	maxTop === 0 ? [] : [span(`${top + 1}–${top + pageRows} of ${maxTop + pageRows}`, 'muted')];

/** Exactly `height` lines of exactly `width`. */
export const fillLines = (lines: readonly Line[], width: number, height: number): readonly Line[] =>
	Array.from({ length: Math.max(0, height) }, (_, row) => padLine(lines[row] ?? [], width));
