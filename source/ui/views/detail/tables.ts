import { answerTo, type Question } from '../../../sampling/question.ts';
import { rowsOf } from '../../../sampling/reading.ts';
import { type Line, line, span } from '../../draw/span.ts';
import { tableLines } from '../../draw/table.ts';
import type { FrameInput } from '../../panels/frame-input.ts';
import { failureText, pendingText } from '../asked.ts';
import { cellOf, isRightAligned } from '../list/cells.ts';
import type { ListColumn } from '../list/list-definition.ts';

/** The columns of a list as a table takes them. */
export const tableColumns = (columns: readonly ListColumn[]) =>
	columns.map(({ title, format, rank, leastWidth }) => ({
		title,
		isNumber: isRightAligned(format),
		...(rank === undefined ? {} : { rank }),
		...(leastWidth === undefined ? {} : { leastWidth }),
	}));

/** The rows of an answer under a title, or why there are none. */
export function answerTable(
	title: string,
	question: Question,
	columns: readonly ListColumn[],
	frame: FrameInput,
	width: number,
): readonly Line[] {
	const reading = answerTo(frame.answers ?? new Map(), question);
	const head = line(span(title, 'title'));
	if (reading.kind === 'pending') return [head, [span(pendingText(frame), 'muted')]];
	if (reading.kind === 'unavailable') return [head, [span(reading.reason, 'muted')]];
	if (reading.kind === 'failed')
		return [head, [span(failureText(reading.failure, frame), 'unknown')]];
	const rows = rowsOf(reading) ?? [];
	if (rows.length === 0) return [head, [span('none', 'muted')]];
	const cells = rows.map((row) => columns.map((column) => cellOf(column, row, frame)));
	return [head, ...tableLines(tableColumns(columns), cells, width)];
}
