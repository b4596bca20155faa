import type { Line } from '../draw/span.ts';
import type { StyleOf } from '../draw/theme.ts';
import { blankRow, isSameLine, type Row, rowOf } from './cells.ts';
import { type Pen, rowChanges } from './row-changes.ts';

/** What is painted on; a terminal's stream, or anything that can be written to and may be slow. */
export type PaintTarget = {
	write(chunk: string): boolean;
	once(event: 'drain', listener: () => void): unknown;
	off(event: 'drain', listener: () => void): unknown;
};

/** Brings frames onto a terminal with as few bytes as it can. */
export type Painter = {
	/**
	 * Shows a frame of `columns` × `rows`; rows without a line are blank. Writes what differs from
	 * the frame before, in one piece, and nothing where nothing does. While the terminal can't keep
	 * up, frames are dropped and only the latest is painted when it can again.
	 */
	paint(frame: readonly Line[], columns: number, rows: number): void;
	/** Paints the last frame whole: whatever the screen showed meanwhile was somebody else's. */
	repaint(): void;
	/** Puts a text on the terminal's clipboard (OSC 52), if it is one that allows that. */
	copy(text: string): void;
	/** The next frame is painted whole, as on a screen of which nothing is known. */
	reset(): void;
	/** False while a frame waits for a slow terminal. */
	isIdle(): boolean;
	/**
	 * Paints no more; a waiting frame is dropped. The cursor goes below what was painted: where there is
	 * no alternate screen to leave, that stays, and the shell must not write into it.
	 */
	close(): void;
};

type Frame = { readonly lines: readonly Line[]; readonly columns: number; readonly rows: number };

/** Marks a longer update, so that terminals that can show it do so at once (DEC mode 2026). */
const worthSynchronising = 1000;
/** UTF-8 bytes of a text that is copied. */
const longestCopy = 50_000;
const homeAndErase = '\x1b[m\x1b[H\x1b[J';
/** The last row, however many there are, and on to the next. */
export const belowAll = '\x1b[999;1H\n';
const noLine: Line = [];

/** Makes a painter. It never asks the terminal anything and expects to be alone on its screen. */
export function createPainter(target: PaintTarget, styleOf: StyleOf): Painter {
	let shown: Frame = { lines: [], columns: 0, rows: 0 };
	let cells: Row[] = [];
	let waiting: Frame | undefined;
	let isBlocked = false;
	let isClosed = false;

	const show = (frame: Frame) => {
		const isNewSize = frame.columns !== shown.columns || frame.rows !== shown.rows;
		if (isNewSize) {
			cells = Array.from({ length: frame.rows }, () => blankRow(frame.columns));
			shown = { ...frame, lines: [] };
		}
		const chunk = (isNewSize ? homeAndErase : '') + changes(shown, frame, cells, styleOf);
		shown = frame;
		if (chunk === '') return;
		const isLong = chunk.length > worthSynchronising;
		if (target.write(isLong ? `\x1b[?2026h${chunk}\x1b[?2026l` : chunk)) return;
		isBlocked = true;
		target.once('drain', drained);
	};
	const drained = () => {
		isBlocked = false;
		const frame = waiting;
		waiting = undefined;
		if (frame !== undefined && !isClosed) show(frame);
	};

	return {
		paint(lines, columns, rows) {
			if (isClosed) return;
			if (isBlocked) waiting = { lines, columns, rows };
			else show({ lines, columns, rows });
		},
		repaint() {
			const frame = waiting ?? shown;
			this.reset();
			if (frame.rows > 0) this.paint(frame.lines, frame.columns, frame.rows);
		},
		copy(text) {
			if (isClosed || isBlocked) return;
			// Terminals take no more than some 75,000 bytes, and what is cut in base64 is worth nothing.
			const bytes = Buffer.from(text.slice(0, longestCopy), 'utf8').subarray(0, longestCopy);
			if (target.write(`\x1b]52;c;${bytes.toString('base64')}\x07`)) return;
			isBlocked = true;
			target.once('drain', drained);
		},
		reset() {
			shown = { lines: [], columns: 0, rows: 0 };
		},
		isIdle: () => waiting === undefined,
		close() {
			if (!isClosed && shown.rows > 0) target.write(belowAll);
			isClosed = true;
			waiting = undefined;
			target.off('drain', drained);
		},
	};
}

/** The bytes between two frames of one size; `cells` is brought up to the new one. */
function changes(before: Frame, after: Frame, cells: Row[], styleOf: StyleOf): string {
	const pen: Pen = { style: '' };
	let chunk = '';
	for (let y = 0; y < after.rows; y++) {
		const line = after.lines[y] ?? noLine;
		const old = cells[y];
		if (old === undefined || isSameLine(before.lines[y] ?? noLine, line)) continue;
		const row = rowOf(line, after.columns, styleOf);
		chunk += rowChanges(old, row, y, pen);
		cells[y] = row;
	}
	return pen.style === '' ? chunk : `${chunk}\x1b[m`;
}
