import type { Cell, Row } from '../../../sampling/reading.ts';
import type { FrameInput } from '../../panels/frame-input.ts';
import { matches, type Sieve } from '../../sieve.ts';
import { rowText } from './cells.ts';
import type { ListDefinition } from './list-definition.ts';

/** By which column, counted from 0, the rows stand; absent: as the server gave them. */
export type Order = { readonly column: number | undefined; readonly isInverse: boolean };

/** The order in which the server gave the rows. */
export const serverOrder: Order = { column: undefined, isInverse: false };

/** The rows that the sieve lets through, in the order wanted. */
export function arrange(
	list: ListDefinition,
	rows: readonly Row[],
	{ sieve, order }: { readonly sieve: Sieve; readonly order: Order },
	frame: FrameInput,
): readonly Row[] {
	const kept = rows.filter(
		(row) =>
			(!sieve.isProblemsOnly || isProblem(list, row, frame)) &&
			(sieve.query === '' || matches(sieve.query, rowText(list.columns, row, frame, ' '))),
	);
	return sorted(list, kept, order);
}

const isProblem = (list: ListDefinition, row: Row, { environment }: FrameInput): boolean => {
	const severity = list.severityOf?.(row, environment.thresholds);
	return severity !== undefined && severity !== 'ok';
};

function sorted(
	list: ListDefinition,
	rows: readonly Row[],
	{ column, isInverse }: Order,
): readonly Row[] {
	if (column === undefined) return isInverse ? rows.toReversed() : rows;
	const field = list.columns[column]?.field ?? '';
	// What is large is looked for first; what isn't known comes last either way.
	const direction = isInverse ? -1 : 1;
	return rows.toSorted((a, b) => compare(a[field], b[field], direction));
}

/** Numbers in names count as numbers; made once, since making one takes longer than many comparisons. */
const collator = new Intl.Collator('en', { numeric: true });

function compare(a: Cell | undefined, b: Cell | undefined, direction: number): number {
	if (isNone(a) || isNone(b)) return Number(isNone(a)) - Number(isNone(b));
	if (typeof a === 'string' || typeof b === 'string') {
		return direction * collator.compare(String(a), String(b));
	}
	const [left, right] = [a as number | bigint | boolean, b as number | bigint | boolean];
	return direction * (left < right ? 1 : left > right ? -1 : 0);
}

const isNone = (value: Cell | undefined): boolean =>
	value === null || value === undefined || Number.isNaN(value);
