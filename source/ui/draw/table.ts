import { clipLine, type Line, line, lineWidth, type Piece, padLine, span } from './span.ts';

/** A column of a table. */
export type TableColumn = {
	readonly title: string;
	readonly isNumber?: boolean;
	/** What is left out first where it is narrow: the highest rank; 0 stays always. */
	readonly rank?: number;
	/** Cut down to this many cells before a column is left out. */
	readonly leastWidth?: number;
};

const gap = 2;

/** A table as lines: the titles, then one line a row. Columns that don't fit are left out. */
export function tableLines(
	columns: readonly TableColumn[],
	rows: readonly (readonly Piece[])[],
	width: number,
): readonly Line[] {
	const titles = columns.map(({ title }) => line(span(title, 'muted')));
	const cells = [titles, ...rows.map((row) => row.map((piece) => line(piece)))];
	const natural = columns.map((_, at) => Math.max(...cells.map((row) => lineWidth(row[at] ?? []))));
	const widths = squeezed(columns, natural, width);
	const kept = keptColumns(columns, widths, width);
	const lastText = kept.findLast((at) => !columns[at]?.isNumber);
	return cells.map((row) => {
		const parts = kept.map((at) => {
			const isLast = at === lastText && at === kept.at(-1);
			const cell = row[at] ?? [];
			return isLast ? cell : aligned(cell, widths[at] ?? 0, columns[at]?.isNumber === true);
		});
		return clipLine(
			line(...parts.flatMap((part, at) => (at ? [' '.repeat(gap), part] : [part]))),
			width,
		);
	});
}

const aligned = (cell: Line, width: number, isNumber: boolean): Line =>
	isNumber ? line(' '.repeat(Math.max(0, width - lineWidth(cell))), cell) : padLine(cell, width);

const totalWidth = (widths: readonly number[]): number =>
	widths.reduce((sum, each) => sum + each + gap, -gap);

/** Widths after elastic columns gave what is missing, if that is enough for all columns to stay. */
function squeezed(
	columns: readonly TableColumn[],
	natural: readonly number[],
	width: number,
): readonly number[] {
	let missing = totalWidth(natural) - width;
	const widths = natural.map((each, at) => {
		const given = Math.max(0, Math.min(missing, each - (columns[at]?.leastWidth ?? each)));
		missing -= given;
		return each - given;
	});
	return missing > 0 ? natural : widths;
}

/** Indexes of the columns that fit, in their order. */
function keptColumns(
	columns: readonly TableColumn[],
	widths: readonly number[],
	width: number,
): readonly number[] {
	const kept = new Set(columns.keys());
	const total = () => totalWidth([...kept].map((at) => widths[at] ?? 0));
	while (kept.size > 1 && total() > width) {
		const worst = [...kept].reduce((a, b) =>
			(columns[b]?.rank ?? 0) >= (columns[a]?.rank ?? 0) ? b : a,
		);
		if ((columns[worst]?.rank ?? 0) === 0) break;
		kept.delete(worst);
	}
	return [...kept];
}
