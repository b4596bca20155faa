import type { Thresholds } from '../../../health/thresholds.ts';
import type { Severity } from '../../../health/verdict.ts';
import type { Question } from '../../../sampling/question.ts';
import type { Row } from '../../../sampling/reading.ts';
import type { WantedSubject } from '../../../usage/request.ts';
import type { Line, Piece } from '../../draw/span.ts';
import type { FrameInput } from '../../panels/frame-input.ts';
import type { PanelId } from '../../panels/panel.ts';

/** How a value is written; it stays a value until then, and is sorted as one. */
export type CellFormat = 'text' | 'count' | 'age' | 'ms' | 'time' | 'id' | 'severity';

/** A column of a list: a field of its rows, and how that is shown. */
export type ListColumn = {
	readonly field: string;
	readonly title: string;
	readonly format: CellFormat;
	/** What is left out first where it is narrow: the highest; 0 stays. */
	readonly rank?: number;
	readonly leastWidth?: number;
	/** In place of what the format makes of it. */
	draw?(row: Row, frame: FrameInput): Piece;
};

/** The last row of a page, from which the next one goes on. */
export type Place = { readonly at: string; readonly id: string };

/** Whose rows a list has, where it isn't everybody's: such as a runtime's, by its id. */
export type Subject = { readonly id: string; readonly name: string };

/** What a row's detail leads to: a list of a subject's rows, or the only row of that. */
export type Related = {
	/** For the footer, such as `its tasks`. */
	readonly what: string;
	/** {@link ListDefinition.id}. */
	readonly list: string;
	readonly subject: Subject;
	/** The row as far as it is known; absent: the list itself is opened. */
	readonly row?: Row;
};

/** The rows behind a panel, one list of them. */
export type ListDefinition = {
	readonly id: string;
	/** Stands among the other lists of its panel. */
	readonly title: string;
	/** Absent: of no panel, such as the samplers; then it is opened by name. */
	readonly panel?: PanelId;
	/** Its name where no panel's is. */
	readonly group?: string;
	/** What is asked of the server; several answers are one list. */
	questions(after: Place | undefined, subject: Subject | undefined): readonly Question[];
	/** The rows in place of the answers', for what is in a snapshot. */
	rows?(frame: FrameInput): readonly Row[];
	/** More than a page can be had: its rows have a `place`, and this field tells those of one place apart. */
	readonly pagedBy?: string;
	/** It is opened from a row's detail, for that as its subject, and is none of its panel's lists. */
	readonly isOfRow?: true;
	/** What is not in it, where not all was looked at. */
	noteOf?(rows: readonly Row[]): string | undefined;
	/** The server looks at so many rows for a page, and no further: said where it has some, and none. */
	readonly scanned?: { readonly some: string; readonly none: string };
	readonly columns: readonly ListColumn[];
	/** The fields that tell one row from another. */
	readonly key: readonly string[];
	/** How bad a row is, by the thresholds that judge the whole too. */
	severityOf?(row: Row, thresholds: Thresholds): Severity | undefined;
	/** The field that is copied of a row; absent: all that is shown of it. */
	readonly copies?: string;
	/** Whose usage is shown where a row is selected; absent: everybody's. */
	usageOf?(row: Row): WantedSubject;
	readonly detail: DetailDefinition;
};

/** What is known of one row beyond its columns. */
export type DetailDefinition = {
	title(row: Row): string;
	questions?(row: Row): readonly Question[];
	/** What `enter` leads to from it; undefined: nothing. */
	opens?(row: Row, frame: FrameInput): Related | undefined;
	/** The blocks of the detail; absent: the row's fields by their names. */
	blocks?(row: Row, frame: FrameInput, width: number): readonly (readonly Line[])[];
};

/** What tells a row of a list from the others. */
export const rowKey = ({ key }: ListDefinition, row: Row): string =>
	key.map((field) => String(row[field] ?? '')).join(' ');

/** A question for the page after a place; undefined: the first. */
export const pageOf = (
	query: string,
	after: Place | undefined,
	values: Question['values'] = {},
): Question => ({
	query,
	values: { ...values, after_at: after?.at ?? null, after_id: after?.id ?? null },
});
