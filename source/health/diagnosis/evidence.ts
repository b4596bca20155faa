import type { Maybe } from '../../sampling/panel-data.ts';
import { type Row, rowsOf } from '../../sampling/reading.ts';
import type { DiagnosisInput } from './check.ts';

/** The rows of an evidence query; undefined while unknown. */
export const evidenceRows = (input: DiagnosisInput, id: string): Maybe<readonly Row[]> =>
	rowsOf(input.evidence.get(id));

/** A column as a number; undefined where it is unknown or NULL. */
export function numberIn(row: Maybe<Row>, column: string): Maybe<number> {
	const value = row?.[column];
	return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

/** A column as text; undefined where it is unknown or NULL. */
export function textIn(row: Maybe<Row>, column: string): Maybe<string> {
	const value = row?.[column];
	return typeof value === 'string' ? value : undefined;
}

/** The moment an age began, by the server's clock, in ms since the epoch. */
export const agoAt = (
	{ snapshot }: DiagnosisInput,
	seconds: number | undefined,
): number | undefined =>
	seconds === undefined || !Number.isFinite(seconds) ? undefined : snapshot.at - seconds * 1000;

/** A value as SQL text. */
export const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** A name as SQL text, quoted where it must be. */
export const identifier = (name: string): string =>
	/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
