import { answerTo } from '../../../sampling/question.ts';
import { type Reading, type Row, rowsOf } from '../../../sampling/reading.ts';
import type { FrameInput } from '../../panels/frame-input.ts';
import type { ListDefinition } from './list-definition.ts';
import type { ListView } from './list-view.ts';

/** A page of a list as the server gives it: where it is full there may be another. */
export const pageRows = 100;

/** The rows of a list as far as they are known, and how the readings that gave them stand. */
export function listRows(
	list: ListDefinition,
	{ pages, subject }: Pick<ListView, 'pages' | 'subject'>,
	frame: FrameInput,
): { readonly rows: readonly Row[]; readonly readings: readonly Reading[] } {
	const readings = list
		.questions(pages.at(-1), subject)
		.map((question) => answerTo(frame.answers ?? new Map(), question));
	const rows = list.rows?.(frame) ?? readings.flatMap((reading) => rowsOf(reading) ?? []);
	return { rows, readings: list.rows === undefined ? readings : [] };
}
