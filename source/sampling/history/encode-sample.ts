import type { Proofs } from '../proof.ts';
import type { Cell, Reading, Row } from '../reading.ts';
import { rowsOf } from '../reading.ts';
import type { Snapshot } from '../snapshot.ts';
import { type EncodedProofs, encodeProofs } from './code-proofs.ts';

/** A cell as JSON knows it: what JSON has no number for stands in an object. */
export type EncodedCell =
	| string
	| number
	| boolean
	| null
	| { readonly n: string }
	| { readonly b: string };

/**
 * Rows, each against the one in its place before: 0 is the same again, an object has the cells that
 * changed by the column's place, an array is a whole row.
 */
export type EncodedRows = {
	/** The columns' names; absent: those of the rows before. */
	readonly h?: readonly string[];
	readonly r: readonly (0 | readonly EncodedCell[] | Readonly<Record<string, EncodedCell>>)[];
};

/** A reading; 0 in the place of one, or of its rows, is the same as before. */
export type EncodedReading =
	| readonly ['p']
	| readonly ['o', at: number | null, serverMs: number | null, rows: EncodedRows | 0]
	| readonly ['e', at: number | null, serverMs: number | null]
	| readonly [
			's',
			at: number | null,
			serverMs: number | null,
			rows: EncodedRows | 0,
			sentence: string,
			sqlstate: string | null,
			failures: number,
	  ]
	| readonly ['f', sentence: string, sqlstate: string | null, failures: number]
	| readonly ['u', reason: string];

/** A snapshot against the one before it, as JSON. What is absent is as before; docs/history.md. */
export type EncodedSample = {
	/** `seq`, `at`, `answeredAt`, `publishedAt`. */
	readonly s: readonly [number, number, number, number];
	/** Sampler ids in the order of the readings. */
	readonly d?: readonly string[];
	readonly r: readonly (EncodedReading | 0)[];
	readonly c?: Snapshot['connection'];
	readonly i?: Snapshot['identity'] | null;
	/** Advice by sampler id. */
	readonly v?: readonly (readonly [string, string])[];
	/** How far back each rollup was proven. */
	readonly p?: EncodedProofs;
	/** `wallMs`, `serverMs`, `samplers`; null: there was none. */
	readonly t?: readonly [number, number, number] | null;
};

/** Encodes a snapshot as what is new in it since the one before; without one, whole. */
export function encodeSample(snapshot: Snapshot, before?: Snapshot): EncodedSample {
	const { seq, at, answeredAt, publishedAt, connection, identity, readings, advice, trip } =
		snapshot;
	const ids = [...readings.keys()];
	const isPlanned = before !== undefined && isSame(ids, [...before.readings.keys()]);
	const known = before?.advice;
	const proofs = encodeProofs(snapshot.proofs ?? none, before?.proofs ?? none);
	const isAdvised = known !== undefined && isSame([...advice].flat(), [...known].flat());
	return {
		s: [seq, at, answeredAt, publishedAt],
		...(!isPlanned && { d: ids }),
		r: ids.map((id) => encodeReading(readings.get(id), before?.readings.get(id))),
		...(!isAlike(connection, before?.connection) && { c: connection }),
		...(!isAlike(identity, before?.identity) && { i: identity ?? null }),
		...(!isAdvised && { v: [...advice] }),
		...(proofs && { p: proofs }),
		...(trip !== before?.trip && { t: trip ? [trip.wallMs, trip.serverMs, trip.samplers] : null }),
	};
}

const none: Proofs = new Map();

const isSame = (a: readonly unknown[], b: readonly unknown[]): boolean =>
	a.length === b.length && a.every((each, at) => each === b[at]);

/** The connection and the identity are made anew at each refresh, and small. */
const isAlike = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function encodeReading(
	reading: Reading | undefined,
	before: Reading | undefined,
): EncodedReading | 0 {
	if (reading === undefined) return ['p'];
	if (reading === before) return 0;
	switch (reading.kind) {
		case 'pending':
			return ['p'];
		case 'ok':
			return ['o', reading.at, reading.cost.serverMs, encodeRows(reading.rows, rowsOf(before))];
		case 'empty':
			return ['e', reading.at, reading.cost.serverMs];
		case 'stale': {
			const { at, cost, rows, failure, failures } = reading;
			const encoded = encodeRows(rows, rowsOf(before));
			return [
				's',
				at,
				cost.serverMs,
				encoded,
				failure.sentence,
				failure.sqlstate ?? null,
				failures,
			];
		}
		case 'failed': {
			const { failure, failures } = reading;
			return ['f', failure.sentence, failure.sqlstate ?? null, failures];
		}
		case 'unavailable':
			return ['u', reading.reason];
	}
}

function encodeRows(rows: readonly Row[], before: readonly Row[] | undefined): EncodedRows | 0 {
	if (rows === before) return 0;
	const columns = Object.keys(rows[0] ?? {});
	const known = Object.keys(before?.[0] ?? {});
	const old = isSame(columns, known) ? before : undefined;
	return {
		...(old === undefined && { h: columns }),
		r: rows.map((row, at) => encodeRow(row, old?.[at], columns)),
	};
}

function encodeRow(row: Row, before: Row | undefined, columns: readonly string[]) {
	if (row === before) return 0;
	const changed = [...columns.entries()].filter(
		([, column]) => !Object.is(row[column], before?.[column]),
	);
	if (before === undefined || changed.length === columns.length) {
		return columns.map((column) => encodeCell(row[column]));
	}
	return changed.length === 0
		? 0
		: Object.fromEntries(changed.map(([place, column]) => [place, encodeCell(row[column])]));
}

function encodeCell(cell: Cell | undefined): EncodedCell {
	if (typeof cell === 'bigint') return { b: String(cell) };
	if (typeof cell !== 'number') return cell ?? null;
	if (Object.is(cell, -0)) return { n: '-0' };
	return Number.isFinite(cell) ? cell : { n: String(cell) };
}
