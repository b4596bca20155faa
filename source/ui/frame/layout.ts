import { boxEdges } from '../draw/box.ts';

/** How the body's rows and columns are shared out among panels. */
export type Grid = {
	/** Width of each column of panels. */
	readonly widths: readonly number[];
	/** Height of each row of panels. */
	readonly heights: readonly number[];
	/** Rows left below the panels. */
	readonly spare: number;
};

/** The least height of a panel that says anything: two edges and its headline. */
export const leastHeight = 3;

/** Columns of panels that suit a width: a panel reads well from about 36 cells on. */
export function columnsFor(width: number, panels: number): number {
	if (panels <= 1 || width < 70) return 1;
	return width >= 150 && panels >= 5 ? 3 : 2;
}

/** The total shared out as evenly as whole cells allow; the first get one more. */
export const shares = (total: number, count: number): readonly number[] =>
	Array.from(
		{ length: count },
		(_, at) => Math.floor(total / count) + (at < total % count ? 1 : 0),
	);

/**
 * Heights for rows of panels: at first the least for all, then line by line to the row whose next
 * line has the lowest rank. `ranks` are, for each row, those of its lines in ascending order; where
 * panels stand side by side the lower one of each place counts. Undefined where not even the least
 * fits.
 */
export function shareHeights(
	ranks: readonly (readonly number[])[],
	height: number,
): { readonly heights: readonly number[]; readonly spare: number } | undefined {
	const lines = ranks.map(() => leastHeight - boxEdges);
	let spare = height - ranks.length * leastHeight;
	if (spare < 0) return undefined;
	for (; spare > 0; spare--) {
		const next = ranks.map((row, at) => row[lines[at] ?? 0] ?? Number.POSITIVE_INFINITY);
		const lowest = Math.min(...next);
		if (lowest === Number.POSITIVE_INFINITY) break;
		const row = next.indexOf(lowest);
		lines[row] = (lines[row] ?? 0) + 1;
	}
	return { heights: lines.map((each) => each + boxEdges), spare };
}

/** The ranks of panels side by side, as {@link shareHeights} reads them. */
export function mergedRanks(panels: readonly (readonly number[])[]): readonly number[] {
	const sorted = panels.map((ranks) => ranks.toSorted((a, b) => a - b));
	const longest = Math.max(0, ...sorted.map(({ length }) => length));
	return Array.from({ length: longest }, (_, at) =>
		Math.min(...sorted.map((ranks) => ranks[at] ?? Number.POSITIVE_INFINITY)),
	);
}

/** The items in rows of `columns`. */
export const inRows = <Item>(
	items: readonly Item[],
	columns: number,
): readonly (readonly Item[])[] =>
	Array.from({ length: Math.ceil(items.length / columns) }, (_, row) =>
		items.slice(row * columns, (row + 1) * columns),
	);
