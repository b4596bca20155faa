import { weekdayOf } from '../../../lib/calendar.ts';
import { formatCompactCount, formatCount } from '../../../lib/format.ts';
import {
	foldHeatMap,
	type HeatCell,
	type HeatMap,
	hoursOfHeatMap,
} from '../../../usage/heat-map.ts';
import { allTokens } from '../../../usage/usage.ts';
import { type Line, line, span } from '../../draw/span.ts';
import { sparkline } from '../../draw/sparkline.ts';
import { weekdayName } from './usage-table.ts';

const labelWidth = 10;

/**
 * The heat map: the hours from left to right, a line a day or one a day of the week, and below it
 * when tasks were started. With more than a week, and no room for a line a day, the days are folded. A bar stands for the tokens of an hour; a blank is an hour without any.
 */
export function heatLines(heat: HeatMap, width: number, hasRoom: boolean): readonly Line[] {
	const map = heat.lines.length > 7 && !hasRoom ? foldHeatMap(heat) : heat;
	const cells = Math.min(3, Math.floor((width - labelWidth) / 24));
	if (cells < 1) return [];
	const tokens = (cell: HeatCell) => Number(allTokens(cell.usage));
	const most = Math.max(...map.lines.flatMap((each) => each.cells.map(tokens)));
	const bars = (values: readonly number[], top: number) =>
		[...sparkline([...values, top])]
			.slice(0, values.length)
			.map((bar, hour) => {
				const shown = values[hour] === 0 ? ' ' : bar;
				return shown.repeat(Math.max(1, cells - 1)) + (cells > 1 ? ' ' : '');
			})
			.join('');
	// Of nothing there is no picture.
	if (most === 0 && hoursOfHeatMap(map).every(({ starts }) => starts === 0)) return [];
	const label = (text: string) => span(text.padEnd(labelWidth), 'muted');
	const all = hoursOfHeatMap(map);
	const starts = all.map((cell) => cell.starts);
	return [
		line(label(map.isFolded ? 'all weeks' : 'day'), span(hourScale(cells), 'muted')),
		...map.lines.map(({ day, cells: of }) => {
			const name = weekdayName(weekdayOf(day));
			const text = map.isFolded ? name : `${name} ${day.slice(5)}`;
			return line(label(text), span(bars(of.map(tokens), most), 'accent'));
		}),
		...(heat.hasStarts
			? [line(label('starts'), span(bars(starts, Math.max(...starts)), 'title'))]
			: []),
		line(
			span(
				[
					`a full bar: ${formatCompactCount(most)} tokens`,
					...(heat.hasStarts ? [`${formatCount(Math.max(...starts))} task starts`] : []),
				].join(', '),
				'muted',
			),
		),
	];
}

const hourScale = (cells: number): string =>
	Array.from({ length: 24 }, (_, hour) => {
		const text = String(hour).padStart(2, '0');
		if (cells >= 3) return text.padEnd(cells);
		// Narrow: every other or every sixth hour is named.
		const every = cells === 2 ? 2 : 6;
		if (hour % every !== 0) return cells === 2 ? '' : undefined;
		return text.padEnd(cells * every);
	})
		.filter((part) => part !== undefined)
		.join('');
