import { clipLine, type Line, line, lineWidth, padLine, type Span, span } from './span.ts';

/** A frame around lines. */
export type Box = {
	readonly title: Line;
	/** Stands at the right end of the upper edge where there is room. */
	readonly tag?: Line;
	readonly isFocused?: boolean;
	readonly content: readonly Line[];
};

/** Cells that a box's edges and padding take of its width. */
export const boxPadding = 4;

/** Rows that a box's edges take of its height. */
export const boxEdges = 2;

/** Draws a box of exactly `width` × `height`; content that doesn't fit is cut. */
export function boxLines(box: Box, width: number, height: number): readonly Line[] {
	if (width < boxPadding + 1 || height < boxEdges) {
		return Array.from({ length: height }, () => padLine([], width));
	}
	const tone = box.isFocused ? 'focus' : 'frame';
	const edge: Span = span('│', tone);
	const rows = Array.from({ length: height - boxEdges }, (_, row) => [
		edge,
		{ text: ' ' },
		...padLine(box.content[row] ?? [], width - boxPadding),
		{ text: ' ' },
		edge,
	]);
	return [upperEdge(box, width), ...rows, [span(`╰${'─'.repeat(width - 2)}╯`, tone)]];
}

function upperEdge({ title, tag = [], isFocused }: Box, width: number): Line {
	const tone = isFocused ? 'focus' : 'frame';
	const space = width - 4;
	const shownTitle = clipLine(title, space - 1);
	const left = space - lineWidth(shownTitle);
	const shownTag = lineWidth(tag) > 0 && lineWidth(tag) + 4 <= left ? line(' ', tag, ' ') : [];
	const fill = left - lineWidth(shownTag);
	return line(
		span('╭ ', tone),
		shownTitle,
		span(` ${'─'.repeat(Math.max(0, fill - (lineWidth(shownTag) > 0 ? 1 : 0)))}`, tone),
		shownTag,
		span(`${lineWidth(shownTag) > 0 ? '─' : ''}╮`, tone),
	);
}
