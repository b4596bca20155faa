import type { Row } from '../postgres/decode.ts';

export type { Cell, Row } from '../postgres/decode.ts';

/** Why a sampler's last run gave no rows. */
export type SamplerFailure = {
	/** One sanitised sentence: what happened and what to do. */
	readonly sentence: string;
	/** SQLSTATE where the server gave one; 57014 is the sampler's own time limit. */
	readonly sqlstate?: string;
};

/** What a run cost. */
export type Cost = {
	/** Time the server worked on the message, by its own clock, in ms. */
	readonly serverMs: number;
};

/**
 * What is known of one sampler. `at` is the server's clock in ms since the epoch at which the rows
 * were true; it never moves when a later run fails. Unknown is a kind of its own, never a zero.
 */
export type Reading =
	| { readonly kind: 'pending' }
	| { readonly kind: 'ok'; readonly rows: readonly Row[]; readonly at: number; readonly cost: Cost }
	| { readonly kind: 'empty'; readonly at: number; readonly cost: Cost }
	| {
			readonly kind: 'stale';
			readonly rows: readonly Row[];
			readonly at: number;
			readonly cost: Cost;
			readonly failure: SamplerFailure;
			/** Failures in a row. */
			readonly failures: number;
	  }
	| { readonly kind: 'failed'; readonly failure: SamplerFailure; readonly failures: number }
	| { readonly kind: 'unavailable'; readonly reason: string };

/** The rows that a reading still stands for: fresh, empty or stale; undefined while nothing is known. */
export function rowsOf(reading: Reading | undefined): readonly Row[] | undefined {
	if (reading?.kind === 'ok' || reading?.kind === 'stale') return reading.rows;
	return reading?.kind === 'empty' ? [] : undefined;
}

/** Whether it is there, and this role may not read it: another thing than not being there. */
export const isDenied = (reading: Reading): boolean =>
	reading.kind === 'unavailable' && reading.reason.startsWith('no privilege');

/** Whether the database has what the sampler needs, as far as is known. */
export const isInDatabase = (reading: Reading): boolean =>
	reading.kind !== 'unavailable' || isDenied(reading);

/** The reading after a run that gave rows. */
export function succeeded(
	previous: Reading,
	rows: readonly Row[],
	at: number,
	cost: Cost,
): Reading {
	if (rows.length === 0) return { kind: 'empty', at, cost };
	return { kind: 'ok', rows: shareRows(rowsOf(previous) ?? [], rows), at, cost };
}

/**
 * The new rows, with the old object in place of each that says the same: most do from one sample to
 * the next, and the history would hold all of them again.
 */
function shareRows(before: readonly Row[], after: readonly Row[]): readonly Row[] {
	const shared = after.map((row, index) => {
		const old = before[index];
		const isSame = old && Object.keys(row).every((column) => Object.is(row[column], old[column]));
		return isSame ? old : row;
	});
	const isAllOld = before.length === after.length && shared.every((row, at) => row === before[at]);
	return isAllOld ? before : shared;
}

/** The reading after a run that failed: the last good rows stay, with their real age. */
export function failed(previous: Reading, failure: SamplerFailure): Reading {
	switch (previous.kind) {
		case 'ok':
		case 'empty': {
			const { at, cost } = previous;
			return { kind: 'stale', rows: rowsOf(previous) ?? [], at, cost, failure, failures: 1 };
		}
		case 'stale':
		case 'failed':
			return { ...previous, failure, failures: previous.failures + 1 };
		default:
			return { kind: 'failed', failure, failures: 1 };
	}
}
