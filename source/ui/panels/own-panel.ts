import { formatAge, formatCount, formatDateTime } from '../../lib/format.ts';
import { sanitise } from '../../lib/text.ts';
import type { OwnPanel, OwnSampler } from '../../sampling/own-panels.ts';
import { panelState, rowsIn } from '../../sampling/panel-state.ts';
import type { Cell, Row } from '../../sampling/reading.ts';
import type { Snapshot } from '../../sampling/snapshot.ts';
import { flowLines, type Line, line, type Piece, span } from '../draw/span.ts';
import { tableLines } from '../draw/table.ts';
import { definePanel, type Panel, type RankedLine } from './panel.ts';
import { labelled, sparkLine, sparkRank } from './parts.ts';
import { lastSnapshot, type Series } from './series.ts';

/** The samplers with what they returned; undefined while unknown. */
type Data = readonly (readonly [OwnSampler, readonly Row[] | undefined])[];

/** A panel drawn from nothing but the columns that its samplers promise. */
export function ownPanel({ id, samplers }: OwnPanel, number: number): Panel {
	const ids = samplers.map((sampler) => sampler.id);
	const stateOf = lastSnapshot((snapshot: Snapshot) =>
		panelState<Data>(
			snapshot,
			ids,
			samplers.map((sampler) => [sampler, rowsIn(snapshot, sampler.id)]),
		),
	);
	const series = seriesOf(samplers);
	return definePanel<Data>({
		number,
		id,
		title: id.charAt(0).toUpperCase() + id.slice(1).replaceAll(/[-_]/g, ' '),
		series,
		stateOf,
		lines({ data, frame }, width) {
			const known = data.filter(([, rows]) => rows !== undefined && rows.length > 0);
			const lines = known.flatMap(([sampler, rows = []], at) =>
				samplerLines(sampler, rows, { isTitled: known.length > 1, at, width }),
			);
			const spark = sparkLine(frame, series, width);
			return [...lines, ...(spark === undefined ? [] : [{ line: spark, rank: sparkRank }])];
		},
	});
}

type Place = { readonly isTitled: boolean; readonly at: number; readonly width: number };

/** One row of nothing but numbers is a line of labels, everything else a table. */
function samplerLines(
	{ title, types }: OwnSampler,
	rows: readonly Row[],
	{ isTitled, at, width }: Place,
): RankedLine[] {
	const names = Object.keys(rows[0] ?? {});
	const isText = (name: string) => types.get(name) === 'text';
	// The first rows of each sampler say more than the last ones of the first.
	const rank = (row: number) => at * 0.5 + row * 0.1;
	const [row] = rows;
	if (rows.length === 1 && row !== undefined && !names.some(isText)) {
		const pieces = [
			...(isTitled ? [[span(`${sanitise(title)}:`, 'muted')]] : []),
			...names.map((name) => labelled(wordsOf(name), cell(name, row[name], types))),
		];
		return flowLines(pieces, width).map((each, index) => ({ line: each, rank: rank(index) }));
	}
	const columns = names.map((name, index) => ({
		title: wordsOf(name),
		isNumber: !isText(name),
		rank: index,
		...(isText(name) && { leastWidth: 8 }),
	}));
	const cells = rows.map((each) => names.map((name) => cell(name, each[name], types)));
	const [titles = [], ...body] = tableLines(columns, cells, width);
	const heading: Line = isTitled ? [span(sanitise(title), 'muted')] : [];
	return [
		...(isTitled ? [{ line: heading, rank: rank(0) + 4 }] : []),
		{ line: titles, rank: rank(0) + 3 },
		...body.map((each, index) => ({ line: each, rank: rank(index) })),
	];
}

/** `oldest ready` of `oldest_ready_seconds`: the unit stands with the value. */
const wordsOf = (name: string): string => name.replace(/_seconds$/, '').replaceAll('_', ' ');

/** A value by its type and its name; what is NULL is not known, and no zero. */
function cell(name: string, value: Cell | undefined, types: OwnSampler['types']): Piece {
	if (value === null || value === undefined) return span('–', 'muted');
	if (typeof value === 'boolean') return value ? 'yes' : 'no';
	if (typeof value === 'string') return value;
	if (types.get(name) === 'timestamp') return formatDateTime(Number(value));
	if (name.endsWith('_seconds')) return formatAge(Number(value));
	const isWhole = typeof value === 'bigint' || Number.isInteger(value);
	const text = isWhole ? formatCount(value) : String(Number(value.toFixed(3)));
	return line(span(text, Number(value) === 0 ? 'muted' : undefined));
}

/** The sum of the first column of integers: how many there are, of whatever it is. */
function seriesOf(samplers: readonly OwnSampler[]): Series {
	const found = samplers.flatMap(({ id, types }) =>
		[...types].flatMap(([name, type]) => (type === 'integer' ? [{ id, name }] : [])),
	)[0];
	return {
		title: found ? wordsOf(found.name) : 'rows',
		read(snapshot) {
			const rows = found && rowsIn(snapshot, found.id);
			return rows?.reduce((sum, row) => sum + Number(row[found?.name ?? ''] ?? 0), 0);
		},
		format: formatCount,
	};
}
