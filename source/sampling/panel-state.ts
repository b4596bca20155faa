import type { Maybe, PanelState } from './panel-data.ts';
import { isInDatabase, type Reading, type Row, rowsOf } from './reading.ts';
import type { Snapshot } from './snapshot.ts';

/** Makes a panel's state out of the samplers that feed it, by id. */
export function panelState<Data>(
	snapshot: Snapshot,
	samplerIds: readonly string[],
	data: Data,
): PanelState<Data> {
	const readings = samplerIds
		.map((id) => [id, snapshot.readings.get(id)] as const)
		.filter((entry): entry is readonly [string, Reading] => entry[1] !== undefined);
	// Before the first probe nothing is known to be missing.
	const isPresent = readings.length === 0 || readings.some(([, reading]) => isInDatabase(reading));
	return { isPresent, readings, data };
}

/** All rows of a sampler; undefined while unknown. */
export const rowsIn = (snapshot: Snapshot, id: string): Maybe<readonly Row[]> =>
	rowsOf(snapshot.readings.get(id));

/** The one row of a sampler that returns one; undefined while unknown. */
export const rowIn = (snapshot: Snapshot, id: string): Maybe<Row> => rowsIn(snapshot, id)?.[0];

/** A column's value as a number; bigint past 2^53 loses its last digits. Null stays null. */
export function numberOf(row: Maybe<Row>, column: string): Maybe<number | null> {
	const value = row?.[column];
	if (value === null) return null;
	return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

/** A column's value as text; anything else is unknown. */
export function textOf(row: Maybe<Row>, column: string): Maybe<string> {
	const value = row?.[column];
	return typeof value === 'string' ? value : undefined;
}

/** Adds counts without losing a digit past 2^53. */
export const sum = (counts: readonly (number | bigint)[]): number | bigint =>
	counts.reduce((total, count) => {
		const exact = BigInt(total) + BigInt(count);
		return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
	}, 0);
