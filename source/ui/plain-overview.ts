import type { Report } from '../health/monitor.ts';
import { trendsOf } from '../sampling/history/trends.ts';
import type { Environment } from './console-context.ts';
import { toAscii } from './draw/ascii.ts';
import { type Line, lineText } from './draw/span.ts';
import { connectionLines } from './frame/connection-body.ts';
import { dataLines } from './frame/detail.ts';
import { sampleHeaderLine } from './frame/header.ts';
import { panelTitle } from './frame/panel-box.ts';
import { problemLine } from './frame/problem-line.ts';
import { presentPanels } from './panels/all-panels.ts';
import type { FrameInput } from './panels/frame-input.ts';

/** How the overview is written where there is no terminal. */
export type PlainOptions = {
	readonly environment: Environment;
	/** Between two refreshes, in ms: from twice of it a reading counts as old. */
	readonly intervalMs: number;
	/** No line is wider; in cells. */
	readonly width: number;
};

/**
 * The overview as plain text: no escape sequence, no frame, lines ending in a line feed. For a pipe,
 * a log or a dumb terminal; the numbers are made by what makes the panels.
 */
export function plainOverview(
	report: Report,
	{ environment, intervalMs, width }: PlainOptions,
): string {
	const frame: FrameInput = {
		report,
		trends: trendsOf([report.snapshot]),
		now: report.snapshot.publishedAt,
		// Paused: one sample, and no next one.
		controls: { isPaused: true, intervalMs },
		environment,
	};
	const panels = report.snapshot.readings.size > 0 ? presentPanels(frame) : [];
	const blocks: readonly (readonly Line[])[] = [
		[sampleHeaderLine(frame, width), problemLine(frame, width)],
		...panels.map((panel) => [
			panelTitle(frame, panel),
			...dataLines(frame, panel, width - 2).map((line) => [{ text: '  ' }, ...line]),
		]),
		...(panels.length === 0 ? [connectionLines(frame, width)] : []),
	];
	const text = blocks.map((block) => block.map(plainLine).join('\n')).join('\n\n');
	return `${environment.isAscii ? toAscii(text) : text}\n`;
}

const plainLine = (line: Line): string => lineText(line).trimEnd();
