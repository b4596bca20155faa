import type { Cell, Reading, Row, SamplerFailure } from '../reading.ts';
import { rowsOf } from '../reading.ts';
import type { ConnectionState, ServerIdentity, Snapshot, Trip } from '../snapshot.ts';
import { decodeProofs } from './code-proofs.ts';
import {
	type Clean,
	listOf,
	NotASample,
	numberOf,
	numbersOf,
	objectOf,
	textOf,
	textsOf,
} from './read-json.ts';

const asItIs: Clean = (text) => text;

/**
 * The snapshot that was encoded, after the one it was encoded against.
 * @param value parsed JSON, of whatever shape
 * @throws NotASample
 */
export function decodeSample(value: unknown, before?: Snapshot, clean: Clean = asItIs): Snapshot {
	const sample = objectOf(value, 'a sample');
	const [seq = 0, at = 0, answeredAt = 0, publishedAt = 0] = numbersOf(sample.s, 4);
	const ids =
		sample.d === undefined ? [...(before?.readings.keys() ?? [])] : textsOf(sample.d, clean);
	const encoded = listOf(sample.r, 'readings');
	if (encoded.length !== ids.length) throw new NotASample('has other readings than samplers');
	const readings = new Map(
		ids.map((id, place) => [id, decodeReading(encoded[place], before?.readings.get(id), clean)]),
	);
	const connection = sample.c === undefined ? before?.connection : connectionOf(sample.c, clean);
	if (connection === undefined) throw new NotASample('has no connection');
	const identity =
		sample.i === undefined
			? before?.identity
			: sample.i === null
				? undefined
				: identityOf(sample.i, clean);
	const trip =
		sample.t === undefined ? before?.trip : sample.t === null ? undefined : tripOf(sample.t);
	const advice = sample.v === undefined ? before?.advice : adviceOf(sample.v, clean);
	const proofs =
		sample.p === undefined ? before?.proofs : decodeProofs(sample.p, before?.proofs, clean);
	return {
		seq,
		at,
		answeredAt,
		publishedAt,
		connection,
		...(identity && { identity }),
		readings,
		advice: advice ?? new Map(),
		...(proofs && { proofs }),
		...(trip && { trip }),
	};
}

function decodeReading(value: unknown, before: Reading | undefined, clean: Clean): Reading {
	if (value === 0) {
		if (before === undefined) throw new NotASample('repeats a reading that was not there');
		return before;
	}
	const [kind, ...rest] = listOf(value, 'a reading');
	switch (kind) {
		case 'p':
			return { kind: 'pending' };
		case 'o': {
			const [at, serverMs, rows] = rest;
			return {
				kind: 'ok',
				rows: decodeRows(rows, rowsOf(before), clean),
				at: numberOf(at),
				cost: { serverMs: numberOf(serverMs) },
			};
		}
		case 'e':
			return { kind: 'empty', at: numberOf(rest[0]), cost: { serverMs: numberOf(rest[1]) } };
		case 's': {
			const [at, serverMs, rows, sentence, sqlstate, failures] = rest;
			return {
				kind: 'stale',
				rows: decodeRows(rows, rowsOf(before), clean),
				at: numberOf(at),
				cost: { serverMs: numberOf(serverMs) },
				failure: failureOf(sentence, sqlstate, clean),
				failures: numberOf(failures),
			};
		}
		case 'f': {
			const [sentence, sqlstate, failures] = rest;
			const failure = failureOf(sentence, sqlstate, clean);
			return { kind: 'failed', failure, failures: numberOf(failures) };
		}
		case 'u':
			return { kind: 'unavailable', reason: textOf(rest[0], clean) };
		default:
			throw new NotASample('has a reading of no known kind');
	}
}

function decodeRows(
	value: unknown,
	before: readonly Row[] | undefined,
	clean: Clean,
): readonly Row[] {
	if (value === 0) {
		if (before === undefined) throw new NotASample('repeats rows that were not there');
		return before;
	}
	const { h, r } = objectOf(value, 'rows');
	const columns = h === undefined ? Object.keys(before?.[0] ?? {}) : textsOf(h, clean);
	const old = h === undefined ? before : undefined;
	return listOf(r, 'rows').map((row, at) => decodeRow(row, old?.[at], columns, clean));
}

function decodeRow(
	value: unknown,
	before: Row | undefined,
	columns: readonly string[],
	clean: Clean,
): Row {
	if (Array.isArray(value)) {
		if (value.length !== columns.length) throw new NotASample('has a row of another length');
		return Object.fromEntries(
			columns.map((column, place) => [column, decodeCell(value[place], clean)]),
		);
	}
	if (before === undefined) throw new NotASample('changes a row that was not there');
	if (value === 0) return before;
	const row: Record<string, Cell> = { ...before };
	for (const [place, cell] of Object.entries(objectOf(value, 'a row'))) {
		const column = columns[Number(place)];
		if (column === undefined) throw new NotASample('changes a column that is not there');
		row[column] = decodeCell(cell, clean);
	}
	return row;
}

function decodeCell(value: unknown, clean: Clean): Cell {
	if (typeof value === 'string') return clean(value);
	if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
	const { b, n } = objectOf(value, 'a cell');
	if (typeof b === 'string' && /^-?\d{1,1000}$/.test(b)) return BigInt(b);
	if (n === '-0' || n === 'NaN' || n === 'Infinity' || n === '-Infinity') return Number(n);
	throw new NotASample('has a cell of no known kind');
}

const failureOf = (sentence: unknown, sqlstate: unknown, clean: Clean): SamplerFailure => ({
	sentence: textOf(sentence, clean),
	...(sqlstate !== null && { sqlstate: textOf(sqlstate, clean) }),
});

function connectionOf(value: unknown, clean: Clean): ConnectionState {
	const { kind, since, where, identity, failureClass, sentence, attempts, nextTryAt } = objectOf(
		value,
		'a connection',
	);
	switch (kind) {
		case 'connecting':
			return { kind, since: numberOf(since), where: textOf(where, clean) };
		case 'live':
			return { kind, since: numberOf(since), identity: identityOf(identity, clean) };
		case 'lost':
			return {
				kind,
				since: numberOf(since),
				where: textOf(where, clean),
				failureClass: textOf(failureClass, clean),
				sentence: textOf(sentence, clean),
				attempts: numberOf(attempts),
				nextTryAt: numberOf(nextTryAt),
			};
		default:
			throw new NotASample('has a connection of no known kind');
	}
}

function identityOf(value: unknown, clean: Clean): ServerIdentity {
	const { user, database, version, host, port, isStandby, isTls, isPooled } = objectOf(
		value,
		'a server',
	);
	return {
		user: textOf(user, clean),
		database: textOf(database, clean),
		version: textOf(version, clean),
		host: textOf(host, clean),
		port: numberOf(port),
		isStandby: isStandby === true,
		isTls: isTls === true,
		isPooled: isPooled === true,
	};
}

function tripOf(value: unknown): Trip {
	const [wallMs = 0, serverMs = 0, samplers = 0] = numbersOf(value, 3);
	return { wallMs, serverMs, samplers };
}

function adviceOf(value: unknown, clean: Clean): ReadonlyMap<string, string> {
	return new Map(
		listOf(value, 'advice').map((entry) => {
			const [id = '', text = ''] = textsOf(entry, clean);
			return [id, text];
		}),
	);
}
