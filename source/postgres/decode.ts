import pg from 'pg';
import type { Column, ColumnType } from '../catalog/sampler.ts';
import { sanitise } from '../lib/text.ts';

/** A decoded cell. Text is sanitised. Integers past 2^53 are bigint; timestamps are ms since the epoch, or ±Infinity; a date is text such as `2026-11-03`. */
export type Cell = string | number | bigint | boolean | null;

/** A decoded result row, read by column name. */
export type Row = Readonly<Record<string, Cell>>;

/** The text form of a row as it came over the wire, by column name. */
export type WireRow = Readonly<Record<string, string | null>>;

/** Leaves every value as the server's text: the promised type decides, not the column's oid. */
export const wireTypes = { getTypeParser: () => (text: string) => text };

/** Longest text of a cell that is kept, in UTF-16 units. */
const longestText = 1000;

const timestamptzOid = 1184;
const parseTimestamp = pg.types.getTypeParser(timestamptzOid);

const decoders: Readonly<Record<ColumnType, (text: string) => Cell | undefined>> = {
	text: (text) => sanitise(text, { maxLength: longestText }),
	integer(text) {
		if (!/^-?\d+$/.test(text)) return undefined;
		const value = Number(text);
		return Number.isSafeInteger(value) ? value : BigInt(text);
	},
	number(text) {
		const value = Number(text);
		return text.trim() === '' || (Number.isNaN(value) && text !== 'NaN') ? undefined : value;
	},
	boolean: (text) => (text === 't' ? true : text === 'f' ? false : undefined),
	date: (text) => (/^\d{4,}-\d\d-\d\d$/.test(text) ? text : undefined),
	timestamp(text) {
		const value: unknown = parseTimestamp(text);
		return value instanceof Date ? value.getTime() : typeof value === 'number' ? value : undefined;
	},
};

/**
 * Decodes rows by what the header promises. Columns that were not promised are dropped.
 * @returns the rows, or the reason why they are not what was promised
 */
export function decodeRows(
	columns: readonly Column[],
	wireRows: readonly WireRow[],
	fieldNames: readonly string[],
): readonly Row[] | { readonly reason: string } {
	const absent = columns.filter((column) => !fieldNames.includes(column.name));
	if (absent.length > 0) {
		const names = absent.map((column) => column.name).join(', ');
		return { reason: `the header promises ${names}, which the query does not return` };
	}
	const rows: Row[] = [];
	for (const wireRow of wireRows) {
		const row: Record<string, Cell> = {};
		for (const { name, type } of columns) {
			const text = wireRow[name] ?? null;
			const value = text === null ? null : decoders[type](text);
			if (value === undefined) return { reason: `the column ${name} is not ${type} as promised` };
			row[name] = value;
		}
		rows.push(row);
	}
	return rows;
}
