import { formatAge, formatCompactCount, formatCount, formatGrowth } from '../../lib/format.ts';
import type { ReadNumber, Trends } from '../../sampling/history/trends.ts';
import type { PipelineData } from '../../sampling/panel-data.ts';
import { pipelines } from '../../sampling/rollup.ts';
import { markAfter, severityOf } from '../draw/mark.ts';
import { line, type Piece, span } from '../draw/span.ts';
import { tableLines } from '../draw/table.ts';
import { definePanel, type PanelInput, ranked } from './panel.ts';
import { known, sparkLine, sparkRank } from './parts.ts';
import { pipelinesBy } from './rollups.ts';
import { growthPerMinute, type Series } from './series.ts';

type Pipelines = readonly PipelineData[];

const stateOf = pipelinesBy(/-dirty$/);

const rowsOf = ({ dirtyRows }: PipelineData): number | undefined =>
	dirtyRows === undefined ? undefined : Number(dirtyRows);

/** Rows of each queue; undefined where they aren't known. */
const depths: Readonly<Record<string, ReadNumber>> = Object.fromEntries(
	pipelines.map((name): [string, ReadNumber] => [
		name,
		(snapshot) => {
			const found = stateOf(snapshot).data.find(({ pipeline }) => pipeline === name);
			return found && rowsOf(found);
		},
	]),
);

const totalRows: Series = {
	title: 'dirty',
	metric: { name: 'tidemark_rollup_dirty_rows', combine: 'sum' },
	read(snapshot) {
		const counts = stateOf(snapshot).data.map(rowsOf);
		if (counts.length === 0 || counts.includes(undefined)) return undefined;
		return counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
	},
	format: formatCompactCount,
};

/** Invalidations that wait for the next tick. */
export const dirtyPanel = definePanel<Pipelines>({
	number: 4,
	id: 'dirty',
	title: 'Dirty queues',
	series: totalRows,
	stateOf,
	lines(input, width) {
		const [titles, ...rows] = queueTable(input, width);
		const spark = sparkLine(input.frame, totalRows, width);
		return [
			{ line: titles ?? [], rank: 4 },
			...ranked(rows, 0, 0.1),
			...(spark === undefined ? [] : [{ line: spark, rank: sparkRank }]),
		];
	},
});

function queueTable({ data, verdicts, frame }: PanelInput<Pipelines>, width: number) {
	const columns = [
		{ title: 'queue' },
		{ title: 'rows', isNumber: true },
		{ title: '' },
		{ title: 'growth', isNumber: true, rank: 1 },
		{ title: 'oldest', isNumber: true },
		{ title: 'newest', isNumber: true, rank: 2 },
	];
	const rows = data.map((each): readonly Piece[] => {
		const oldest = severityOf(verdicts, 'dirty-oldest', each.pipeline);
		const rising = severityOf(verdicts, 'dirty-rising', each.pipeline);
		return [
			each.pipeline,
			known(each.dirtyRows, (count) => `${each.isDirtyCapped ? '~' : ''}${formatCount(count)}`),
			each.dirtyRows === undefined ? undefined : line(markAfter(oldest, rising).slice(1)),
			growthCell(frame.trends, each.pipeline),
			known(each.dirtyOldestSeconds, ageCell),
			known(each.dirtyNewestSeconds, ageCell),
		];
	});
	return tableLines(columns, rows, width);
}

const ageCell = (seconds: number | null): Piece =>
	seconds === null ? span('–', 'muted') : formatAge(seconds);

function growthCell(trends: Trends, pipeline: string): Piece {
	const depth = depths[pipeline];
	const growth = depth && growthPerMinute(trends, depth);
	// Not enough history yet is no news, and no fault.
	if (growth === undefined) return '';
	return span(formatGrowth(growth), growth > 0 ? undefined : 'muted');
}
