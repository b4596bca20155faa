import { answerTo, type Question } from '../../../sampling/question.ts';
import { type Row, rowsOf } from '../../../sampling/reading.ts';
import { type Line, line, lineText, span } from '../../draw/span.ts';
import { wrapWords } from '../../draw/wrap.ts';
import type { FrameInput } from '../../panels/frame-input.ts';
import { failureText, pendingText } from '../asked.ts';
import { cellOf } from '../list/cells.ts';
import type { ListColumn } from '../list/list-definition.ts';

const leastTextWidth = 20;

/** A row's fields under each other, those that are known; long ones wrapped. */
export function rowLines(
	row: Row,
	columns: readonly ListColumn[],
	frame: FrameInput,
	width: number,
): readonly Line[] {
	const labelWidth = Math.max(...columns.map(({ title }) => title.length)) + 2;
	const room = Math.max(leastTextWidth, width - labelWidth);
	return columns
		.filter((column) => row[column.field] != null || column.draw !== undefined)
		.flatMap((column) => {
			const cell = line(cellOf(column, row, frame));
			const label = span(column.title.padEnd(labelWidth), 'muted');
			const texts = wrapWords(lineText(cell), room);
			if (texts.length <= 1) return [line(label, cell)];
			return texts.map((text, at) => line(at === 0 ? label : ' '.repeat(labelWidth), text));
		});
}

/**
 * The fields of a question's only row, or why there is none.
 * @param more a question whose row has more fields, where it can be answered
 */
export function fieldLines(
	question: Question,
	columns: readonly ListColumn[],
	frame: FrameInput,
	width: number,
	more?: Question,
): readonly Line[] {
	const { answers = new Map() } = frame;
	const reading = answerTo(answers, question);
	const [row] = rowsOf(reading) ?? [];
	const [others] = (more && rowsOf(answerTo(answers, more))) ?? [];
	if (row !== undefined) return rowLines({ ...row, ...others }, columns, frame, width);
	if (reading.kind === 'pending') return [[span(pendingText(frame), 'muted')]];
	if (reading.kind === 'unavailable') return [[span(reading.reason, 'muted')]];
	if (reading.kind === 'failed') return [[span(failureText(reading.failure, frame), 'unknown')]];
	return [[span('it is no longer there', 'muted')]];
}
