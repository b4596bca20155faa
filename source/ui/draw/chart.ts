import { plot } from 'asciichart';
import { type Line, line, span } from './span.ts';

/** What the upper and lower edge of a chart and its time axis say. */
export type ChartText = {
	readonly title: string;
	/** A value for the scale, in as few cells as it takes. */
	format(value: number): string;
	/** The time that the chart's width stands for, such as `last 10m`. */
	readonly span: string;
};

const scaleWidth = 7;
const axisWidth = scaleWidth + 1;

/** Values from here on are all drawn alike: asciichart computes with them as plain numbers. */
const greatest = 1e15;

/** How many values a chart of this width shows. */
export const chartPoints = (width: number): number => Math.max(0, width - axisWidth);

/**
 * A line chart of `height` rows, the title included; from zero to the greatest value. Values are
 * oldest first; those before the first known one leave the left side free.
 */
export function chartLines(
	values: readonly (number | undefined)[],
	text: ChartText,
	width: number,
	height: number,
): readonly Line[] {
	const room = chartPoints(width);
	const known = values.slice(-room).filter((value) => value !== undefined);
	if (height < 4 || room < 10 || known.length < 2) return [];
	const numbers = known.map((value) => Math.max(0, Math.min(greatest, value)));
	const top = Math.max(...numbers, 1);
	const rows = height - 2;
	// A line of n values has n - 1 pieces: the first value twice gives each a cell of its own.
	const picture = plot([numbers[0] ?? 0, ...numbers], {
		min: 0,
		max: top,
		height: rows,
		offset: 2,
		format: scaleLabels(text, top, rows),
	});
	const missing = ' '.repeat(room - known.length);
	return [
		line(span(`${text.title}, ${text.span}`, 'muted')),
		...picture.split('\n').map((row) => {
			const curve = row.slice(axisWidth, axisWidth + numbers.length);
			return line(
				span(row.slice(0, axisWidth).replace('┼', '┤'), 'muted'),
				missing,
				span(curve, 'accent'),
			);
		}),
	];
}

/**
 * Labels of one width. Where several rows come to the same, that one has it which is nearest: the highest at the
 * top, the lowest at zero, else the middle one.
 */
function scaleLabels(
	text: ChartText,
	top: number,
	rows: number,
): (_: number, row: number) => string {
	const labels = Array.from({ length: rows + 1 }, (_, row) =>
		text.format((top * (rows - row)) / rows),
	);
	return (_, row) => {
		const first = labels.indexOf(labels[row] ?? '');
		const last = labels.lastIndexOf(labels[row] ?? '');
		const nearest = first === 0 ? first : last === rows ? last : Math.floor((first + last) / 2);
		const shown = row === nearest ? labels[row] : '';
		return (shown ?? '').padStart(scaleWidth).slice(-scaleWidth);
	};
}
