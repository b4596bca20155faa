import type { ColumnType, Sampler } from '../catalog/sampler.ts';
import { judgeOnce } from '../health/judge-once.ts';
import type { Cell, Reading, Row } from '../sampling/reading.ts';
import { rowsOf } from '../sampling/reading.ts';
import type { ConnectionState, Snapshot } from '../sampling/snapshot.ts';
import type { OneSample } from './one-sample.ts';

/** The version of the document's shape: goes up when a reader of the old one could break. */
export const schemaVersion = 1;

/** A cell as JSON can hold it: see `once-schema.ts`. */
type JsonCell = string | number | boolean | null;

/** The document that `tidemark once --json` prints. */
export function onceDocument({ samplers, snapshot, thresholds }: OneSample, version: string) {
	const bySampler = new Map(samplers.map((sampler) => [sampler.id, sampler]));
	const { readings, at, connection } = snapshot;
	return {
		schemaVersion,
		tidemark: version,
		takenAt: connection.kind === 'live' ? isoTime(at) : null,
		connection: connectionDocument(connection, snapshot),
		samplers: [...readings].flatMap(([id, reading]) => {
			const sampler = bySampler.get(id);
			return sampler ? [samplerDocument(sampler, reading, at)] : [];
		}),
		verdicts: judgeOnce(snapshot, thresholds).map(
			({ signal, subject, panel, severity, sentence }) => ({
				signal,
				subject,
				panel,
				severity,
				// What isn't wrong has no words.
				sentence: severity === 'ok' ? null : sentence,
			}),
		),
	};
}

function connectionDocument(connection: ConnectionState, { identity }: Snapshot) {
	if (connection.kind !== 'live') {
		const isLost = connection.kind === 'lost';
		return {
			state: 'lost',
			failure: isLost ? connection.failureClass : 'other',
			sentence: isLost ? connection.sentence : `no answer yet from ${connection.where}`,
		};
	}
	const { host, port, user, database, version, isStandby, isTls, isPooled } =
		identity ?? connection.identity;
	return { state: 'live', host, port, user, database, version, isStandby, isTls, isPooled };
}

function samplerDocument(sampler: Sampler, reading: Reading, now: number) {
	const { id, pack, panel, title, columns } = sampler;
	const rows = rowsOf(reading);
	const types = new Map(columns.map(({ name, type }) => [name, type]));
	return {
		id,
		pack,
		panel,
		title,
		state: reading.kind,
		at: 'at' in reading ? isoTime(reading.at) : null,
		ageSeconds: 'at' in reading ? Math.max(0, Math.round(now - reading.at) / 1000) : null,
		serverMs: 'cost' in reading ? reading.cost.serverMs : null,
		reason:
			reading.kind === 'unavailable'
				? reading.reason
				: 'failure' in reading
					? reading.failure.sentence
					: null,
		sqlstate: 'failure' in reading ? (reading.failure.sqlstate ?? null) : null,
		columns: columns.map(({ name, type }) => ({ name, type })),
		rows: rows ? rows.map((row) => rowDocument(row, types)) : null,
	};
}

const rowDocument = (row: Row, types: ReadonlyMap<string, ColumnType>): Record<string, JsonCell> =>
	Object.fromEntries(
		Object.entries(row).map(([name, cell]) => [name, jsonCell(cell, types.get(name))]),
	);

/** No digit is lost, and what JSON has no number for becomes a word. */
export function jsonCell(cell: Cell, type: ColumnType | undefined): JsonCell {
	if (typeof cell === 'bigint') return String(cell);
	if (typeof cell !== 'number') return cell;
	if (type === 'timestamp') return isoTime(cell);
	return Number.isFinite(cell) ? cell : String(cell);
}

/** `-infinity` and `infinity` as Postgres writes them; null for a year that a Date can't hold. */
function isoTime(at: number): string | null {
	if (at === Number.POSITIVE_INFINITY) return 'infinity';
	if (at === Number.NEGATIVE_INFINITY) return '-infinity';
	const date = new Date(at);
	return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
