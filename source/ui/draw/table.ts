import { clipLine, type Line, line, lineWidth, type Piece, padLine, span } from './span.ts';

/** A column of a table. */
export type TableColumn = {
	readonly title: string;
	readonly isNumber?: boolean;
	/** What is left out first where it is narrow: the highest rank; 0 stays always. */
	readonly rank?: number;
	/** Cells before it that will do where everything then fits; absent: 2. */
	readonly leastGap?: number;
	/** Cut down to this many cells before a column is left out. */
	readonly leastWidth?: number;
};

/** Cells before a column. */
type Gaps = (column: TableColumn | undefined) => number;
const wide: Gaps = () => 2;
const tight: Gaps = (column) => column?.leastGap ?? 2;

/**
 * A table as lines: the titles, then one line a row. Where it is too wide, columns move together
 * if that is enough; else some are left out, and elastic ones cut.
 */
export function tableLines(
	columns: readonly TableColumn[],
	rows: readonly (readonly Piece[])[],
	width: number,
): readonly Line[] {
	const titles = columns.map(({ title }) => line(span(title, 'muted')));
	const cells = [titles, ...rows.map((row) => row.map((piece) => line(piece)))];
	const natural = columns.map((_, at) => Math.max(...cells.map((row) => lineWidth(row[at] ?? []))));
	const total = (gaps: Gaps) =>
		natural.reduce((sum, each, at) => sum + each + (at ? gaps(columns[at]) : 0), 0);
	const gaps = total(wide) > width && total(tight) <= width ? tight : wide;
	const kept = keptColumns(columns, natural, gaps, width);
	const widths = squeezed(columns, natural, kept, gaps, width);
	const lastText = kept.findLast((at) => !columns[at]?.isNumber);
	return cells.map((row) => {
		const parts = kept.map((at) => {
			const isLast = at === lastText && at === kept.at(-1);
			const cell = row[at] ?? [];
			return isLast ? cell : aligned(cell, widths[at] ?? 0, columns[at]?.isNumber === true);
		});
		return clipLine(
			line(
				...parts.flatMap((part, at) =>
					at ? [' '.repeat(gaps(columns[kept[at] ?? 0])), part] : [part],
				),
			),
			width,
		);
	});
}

const aligned = (cell: Line, width: number, isNumber: boolean): Line =>
	isNumber ? line(' '.repeat(Math.max(0, width - lineWidth(cell))), cell) : padLine(cell, width);

/** Indexes of the columns that fit when each is as narrow as it may be, in their order. */
function keptColumns(
	columns: readonly TableColumn[],
	natural: readonly number[],
	gaps: Gaps,
	width: number,
): readonly number[] {
	const kept = new Set(columns.keys());
	const total = () =>
		[...kept].reduce(
			(sum, at, place) =>
				sum + leastWidth(columns[at], natural[at]) + (place ? gaps(columns[at]) : 0),
			0,
		);
	while (kept.size > 1 && total() > width) {
		const worst = [...kept].reduce((a, b) =>
			(columns[b]?.rank ?? 0) >= (columns[a]?.rank ?? 0) ? b : a,
		);
		if ((columns[worst]?.rank ?? 0) === 0) break;
		kept.delete(worst);
	}
	return [...kept];
}

const leastWidth = (column: TableColumn | undefined, natural = 0): number =>
	Math.min(natural, column?.leastWidth ?? natural);

/** Widths after elastic columns gave what is missing. */
function squeezed(
	columns: readonly TableColumn[],
	natural: readonly number[],
	kept: readonly number[],
	gaps: Gaps,
	width: number,
): readonly number[] {
	const total = kept.reduce(
		(sum, at, place) => sum + (natural[at] ?? 0) + (place ? gaps(columns[at]) : 0),
		0,
	);
	let missing = total - width;
	return natural.map((each, at) => {
		if (!kept.includes(at)) return each;
		const given = Math.max(0, Math.min(missing, each - leastWidth(columns[at], each)));
		missing -= given;
		return each - given;
	});
}
