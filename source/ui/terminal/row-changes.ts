import { isOneColumnEach } from '../../lib/text.ts';
import type { Row } from './cells.ts';

/** Changed cells nearer than this are written in one go: moving the cursor costs as many bytes. */
const gapWorthWriting = 4;

const sgr = (parameters: string): string => `\x1b[${parameters}m`;

/** The style after the last thing written; every chunk begins and ends with the terminal's own. */
export type Pen = { style: string };

const inverse = /(^|;)7$/;

/** A blank shows no colour and no weight; only inverse would be seen. */
const isBlank = (row: Row, column: number): boolean =>
	row.texts[column] === ' ' && !inverse.test(row.styles[column] ?? '');

const isSameCell = (before: Row, after: Row, column: number): boolean =>
	before.texts[column] === after.texts[column] &&
	(before.styles[column] === after.styles[column] ||
		(isBlank(before, column) && isBlank(after, column)));

/** Runs `[from, to)` of changed cells. A wide character's second cell changes with its first. */
function changedRuns(before: Row, after: Row, end: number): readonly (readonly [number, number])[] {
	const runs: [number, number][] = [];
	for (let column = 0; column < end; column++) {
		if (isSameCell(before, after, column)) continue;
		const last = runs.at(-1);
		if (last !== undefined && column - last[1] <= gapWorthWriting) last[1] = column + 1;
		else runs.push([column, column + 1]);
	}
	return runs;
}

/** The bytes that turn row number `y` (from 0) from one state into another; empty for no change. */
export function rowChanges(before: Row, after: Row, y: number, pen: Pen): string {
	const columns = after.texts.length;
	let textEnd = columns;
	while (textEnd > 0 && isBlank(after, textEnd - 1)) textEnd--;
	let oldEnd = columns;
	while (oldEnd > 0 && isBlank(before, oldEnd - 1)) oldEnd--;
	const isTailErased = oldEnd - textEnd > gapWorthWriting;

	let chunk = '';
	let isPlaced = false;
	for (const [from, to] of changedRuns(before, after, isTailErased ? textEnd : columns)) {
		chunk += isPlaced ? `\x1b[${from + 1}G` : `\x1b[${y + 1};${from + 1}H`;
		isPlaced = true;
		chunk += writeCells(after, from, to, pen);
	}
	if (isTailErased) {
		chunk += isPlaced ? `\x1b[${textEnd + 1}G` : `\x1b[${y + 1};${textEnd + 1}H`;
		if (pen.style !== '') chunk += sgr('');
		pen.style = '';
		chunk += '\x1b[K';
	}
	return chunk;
}

function writeCells(row: Row, from: number, to: number, pen: Pen): string {
	let chunk = '';
	for (let column = from; column < to; column++) {
		const text = row.texts[column] ?? '';
		const style = row.styles[column] ?? '';
		if (text === '') continue;
		const isAnyStyle = isBlank(row, column) && !inverse.test(pen.style);
		if (style !== pen.style && !isAnyStyle) {
			chunk += pen.style === '' || style === '' ? sgr(style) : sgr(`0;${style}`);
			pen.style = style;
		}
		chunk += text.length === 1 && isOneColumnEach(text) ? text : measured(row, column, text);
	}
	return chunk;
}

/**
 * Terminals disagree on the width of some characters. So the cells are cleared first, and what
 * follows is placed by its column: a wrong guess stays inside its own cells.
 */
function measured(row: Row, column: number, text: string): string {
	let end = column + 1;
	while (end < row.texts.length && row.texts[end] === '') end++;
	const here = `\x1b[${column + 1}G`;
	const next = end < row.texts.length ? `\x1b[${end + 1}G` : '';
	return `${' '.repeat(end - column)}${here}${text}${next}`;
}
