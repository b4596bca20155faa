import { formatInterval, formatTime } from '../../lib/format.ts';
import { chartLines, chartPoints } from '../draw/chart.ts';
import type { Line } from '../draw/span.ts';
import type { FrameInput } from '../panels/frame-input.ts';
import type { Panel } from '../panels/panel.ts';
import { bucketsOf, type Series, withoutGaps } from '../panels/series.ts';

const minuteMs = 60_000;
/** A line of a few seconds says nothing. */
const leastSpanMs = 30_000;
/** Spans of time that a chart may show; the least that holds all history is taken. */
const spansMs = [2, 5, 10, 30, 60].map((minutes) => minutes * minuteMs);

/** The chart of a panel's series over the history there is; empty where there is too little. */
export function trendLines(
	frame: FrameInput,
	{ series, title }: Panel,
	width: number,
	height: number,
): readonly Line[] {
	const { trends } = frame;
	const [oldest, newest] = [trends.times[0], trends.times.at(-1)];
	if (oldest === undefined || newest === undefined) return [];
	const ageMs = newest - oldest;
	if (ageMs < leastSpanMs) return [];
	const spanMs = spansMs.find((each) => each >= ageMs) ?? spansMs.at(-1) ?? minuteMs;
	const points = chartPoints(width);
	const bucketMs = Math.max(1, spanMs / Math.max(1, points));
	const values = withoutGaps(bucketsOf(trends, series.read, points, bucketMs));
	const name = `${title.toLowerCase()}: ${series.title}`;
	const span = `last ${formatInterval(spanMs)}${borrowedText(frame, series)}`;
	const text = { title: name, format: series.format, span };
	return chartLines(values, text, width, height);
}

/** What of a chart others have measured. */
const borrowedText = ({ trends: { borrowed } }: FrameInput, { metric }: Series): string =>
	borrowed && metric ? `, before ${formatTime(borrowed.untilMs)} from Prometheus` : '';
