import type { UsageReport } from '../../../usage/report.ts';
import { toAscii } from '../../draw/ascii.ts';
import { type Line, lineText } from '../../draw/span.ts';
import { heatLines } from './usage-heat.ts';
import { headLines, noteLines, usageChart } from './usage-lines.ts';
import { usageTable } from './usage-table.ts';

/** Where the width doesn't matter: room for every digit, and a chart that fits anywhere. */
const widest = 200;
const chartWidth = 80;
const chartHeight = 10;

/** How the report is written. */
export type UsageTextOptions = {
	readonly isAscii: boolean;
	/** No line is wider; undefined where it goes into a pipe. */
	readonly width: number | undefined;
};

/** A report as plain text: what the view shows, from the top to the end. */
export function usageText(report: UsageReport, { isAscii, width }: UsageTextOptions): string {
	const room = width ?? widest;
	const picture =
		report.by === 'hour' && report.heat
			? heatLines(report.heat, Math.min(room, chartWidth), true)
			: usageChart(report, Math.min(room, chartWidth), chartHeight);
	const blocks: readonly (readonly Line[])[] = [
		headLines(report, room),
		picture,
		usageTable(report, room),
		noteLines(report, Math.min(room, chartWidth)),
	];
	const text = blocks
		.filter((block) => block.length > 0)
		.map((block) => block.map((each) => lineText(each).trimEnd()).join('\n'))
		.join('\n\n');
	return `${isAscii ? toAscii(text) : text}\n`;
}
