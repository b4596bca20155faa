import { type Day, daysFrom, weekdayOf } from '../lib/calendar.ts';
import type { Row } from '../sampling/reading.ts';
import { addUsage, noUsage, type Usage, usageOf } from './usage.ts';

/** What happened in an hour. */
export type HeatCell = { readonly usage: Usage; readonly starts: number };

/** Usage by hour of the day: one line a day, or one a day of the week. */
export type HeatMap = {
	/** A line stands for all Mondays, or Tuesdays, …, of the span. */
	readonly isFolded: boolean;
	/** Each with 24 cells. The hour that a clock is put back over has both. */
	readonly lines: readonly { readonly day: Day; readonly cells: readonly HeatCell[] }[];
	/** Whether starts are known. */
	readonly hasStarts: boolean;
};

const hours = 24;

/** More days than this come folded by the day of the week. */
export const mostUnfolded = 28;

/** What the queries by hour gave, as lines; hours without anything are there, with nothing. */
export function heatMap(
	first: Day,
	last: Day,
	isFolded: boolean,
	usageRows: readonly Row[],
	startRows: readonly Row[] | undefined,
): HeatMap {
	const usage = new Map(usageRows.map((row) => [`${row.day} ${row.hour}`, usageOf(row)]));
	const starts = new Map(
		startRows?.map((row) => [`${row.day} ${row.hour}`, Number(row.starts ?? 0)]),
	);
	const days = daysFrom(first, last).slice(0, isFolded ? 7 : undefined);
	const lines = days.map((day) => ({
		day,
		cells: Array.from({ length: hours }, (_, hour) => ({
			usage: usage.get(`${day} ${hour}`) ?? noUsage,
			starts: starts.get(`${day} ${hour}`) ?? 0,
		})),
	}));
	return {
		isFolded,
		lines: isFolded ? byWeekday(lines) : lines,
		hasStarts: startRows !== undefined,
	};
}

/** The same with one line a day of the week, Monday first. */
export function foldHeatMap(map: HeatMap): HeatMap {
	if (map.isFolded) return map;
	const lines = new Map<number, HeatMap['lines'][number]>();
	for (const line of map.lines) {
		const weekday = weekdayOf(line.day);
		const other = lines.get(weekday);
		lines.set(weekday, other ? { day: other.day, cells: addCells(other.cells, line.cells) } : line);
	}
	return { ...map, isFolded: true, lines: byWeekday([...lines.values()]) };
}

/** All days in one line. */
export const hoursOfHeatMap = ({ lines }: HeatMap): readonly HeatCell[] =>
	lines
		.map(({ cells }) => cells)
		.reduce(
			addCells,
			Array.from({ length: hours }, () => ({ usage: noUsage, starts: 0 })),
		);

const addCells = (a: readonly HeatCell[], b: readonly HeatCell[]): readonly HeatCell[] =>
	a.map((cell, hour) => ({
		usage: addUsage(cell.usage, b[hour]?.usage ?? noUsage),
		starts: cell.starts + (b[hour]?.starts ?? 0),
	}));

const byWeekday = (lines: HeatMap['lines']): HeatMap['lines'] =>
	lines.toSorted((a, b) => weekdayOf(a.day) - weekdayOf(b.day));
