import type { Severity } from '../../../health/verdict.ts';
import { formatAge, formatCount, formatDateTime, formatMs } from '../../../lib/format.ts';
import type { Cell, Row } from '../../../sampling/reading.ts';
import { mark } from '../../draw/mark.ts';
import { line, lineText, type Piece, span } from '../../draw/span.ts';
import type { FrameInput } from '../../panels/frame-input.ts';
import type { CellFormat, ListColumn } from './list-definition.ts';

const none = span('–', 'muted');

/** A value as it is shown; null is a dash. */
export function cellPiece(value: Cell | undefined, format: CellFormat): Piece {
	if (value === null || value === undefined || value === '') return none;
	if (typeof value === 'string') {
		return format === 'severity' ? mark(value as Severity) : value;
	}
	if (typeof value === 'boolean') return value ? 'yes' : 'no';
	switch (format) {
		case 'age':
			return formatAge(Number(value));
		case 'ms':
			return formatMs(Number(value));
		case 'time':
			return formatDateTime(Number(value));
		case 'count':
			return span(formatCount(value), Number(value) === 0 ? 'muted' : undefined);
		default:
			return String(value);
	}
}

/** Whether values of the format stand at the right of their column. */
export const isRightAligned = (format: CellFormat): boolean =>
	format === 'count' || format === 'age' || format === 'ms';

/** What a column shows of a row. */
export const cellOf = (column: ListColumn, row: Row, frame: FrameInput): Piece =>
	column.draw?.(row, frame) ?? cellPiece(row[column.field], column.format);

/** All that is shown of a row, as text. */
export const rowText = (
	columns: readonly ListColumn[],
	row: Row,
	frame: FrameInput,
	separator: string,
): string => columns.map((column) => lineText(line(cellOf(column, row, frame)))).join(separator);
