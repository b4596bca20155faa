import { formatAge, formatDateTime, formatTime } from '../../lib/format.ts';
import { mark } from '../draw/mark.ts';
import { type Line, line, type Span, span } from '../draw/span.ts';
import type { FrameInput, Past } from '../panels/frame-input.ts';
import { severityCounts } from './severity-counts.ts';

const banner = (text: string): Span => ({ text: ` ${text} `, tone: 'warn', isInverse: true });

/** `PAST 12m ago`, or where in a recording one is: a word and a colour that nothing else has. */
export function pastLine({ report, environment }: FrameInput, past: Past): Line {
	const agoMs = past.live.snapshot.publishedAt - report.snapshot.publishedAt;
	const age = formatAge(Math.max(0, agoMs) / 1000);
	if (environment.recording === undefined) return [banner(`PAST ${age} ago`)];
	const place = past.isNewest ? 'its end' : `${age} before its end`;
	return line(banner('RECORDING'), ` ${past.isPlaying ? 'plays, ' : ''}${place}`);
}

/** When that was, by the server's clock. */
export const pastTime = ({ report, environment }: FrameInput): Line => {
	const { at } = report.snapshot;
	return [span(environment.recording === undefined ? formatTime(at) : formatDateTime(at))];
};

/** What is wrong now, while one looks at then; nothing of a recording, which has no now. */
export function nowLine({ environment }: FrameInput, { live }: Past): Line {
	if (environment.recording !== undefined) return [];
	const { connection } = live.snapshot;
	if (connection.kind === 'lost') return line('now: ', mark('critical'), span(' lost', 'critical'));
	const counts = severityCounts(live.verdicts);
	return line('now: ', counts.length > 0 ? counts : mark('ok'));
}
