import { answerTo } from '../../../sampling/question.ts';
import { type Reading, type Row, rowsOf } from '../../../sampling/reading.ts';
import type { FrameInput } from '../../panels/frame-input.ts';
import type { ListDefinition, Place } from './list-definition.ts';
import type { ListView } from './list-view.ts';

/** A page of a list as the server gives it: where it is full there may be another. */
export const pageRows = 100;

/** The rows of a list as far as they are known, and how they stand. */
export type ListRows = {
	readonly rows: readonly Row[];
	readonly readings: readonly Reading[];
	/** Where a page after these begins; absent: there is none. */
	readonly next?: Place;
	/** The server looked at no more, and has less than a page of what it met. */
	readonly isScanEnd: boolean;
};

/** The rows of a list, without the one that says where the server stopped to look. */
export function listRows(
	list: ListDefinition,
	{ pages, subject }: Pick<ListView, 'pages' | 'subject'>,
	frame: FrameInput,
): ListRows {
	const readings = list
		.questions(pages.at(-1), subject)
		.map((question) => answerTo(frame.answers ?? new Map(), question));
	const all = list.rows?.(frame) ?? readings.flatMap((reading) => rowsOf(reading) ?? []);
	const rows = all.filter((row) => row.is_scan_end !== true);
	const scanEnd = all.find((row) => row.is_scan_end === true);
	const isFull = rows.length >= pageRows;
	const last = isFull ? rows.at(-1) : scanEnd;
	return {
		rows,
		readings: list.rows === undefined ? readings : [],
		...(list.pagedBy && last && { next: placeOf(last, list.pagedBy) }),
		isScanEnd: scanEnd !== undefined && !isFull,
	};
}

/** Where the page after a row begins. */
const placeOf = (row: Row, field: string): Place => ({
	at: String(row.place),
	id: String(row[field] ?? ''),
});
