import { useLayoutEffect } from 'react';
import type { Line } from '../draw/span.ts';
import type { Painter } from '../terminal/painter.ts';

type ScreenProps = {
	readonly painter: Painter;
	/** One line a row; the same array is the same screen. */
	readonly lines: readonly Line[];
	readonly columns: number;
	readonly rows: number;
};

/** Paints the lines once they are committed. Ink itself has nothing to lay out. */
export function Screen({ painter, lines, columns, rows }: ScreenProps) {
	useLayoutEffect(() => painter.paint(lines, columns, rows), [painter, lines, columns, rows]);
	return null;
}
