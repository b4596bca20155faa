import { formatAge, formatInterval, formatTime } from '../../lib/format.ts';
import { databaseOf } from '../../sampling/panels.ts';
import { mark } from '../draw/mark.ts';
import { clipLine, type Line, line, lineWidth, span, spreadLine } from '../draw/span.ts';
import type { FrameInput } from '../panels/frame-input.ts';
import { nameLine } from './name-line.ts';
import { nowLine, pastLine, pastTime } from './past-banner.ts';
import { severityCounts } from './severity-counts.ts';

/** A part of the header and how easily it is given up: 0 stays. */
type Part = { readonly line: Line; readonly rank: number };

const gap = '  ';

/** First line: where am I, may I break it, is it live; what is wrong, counted. */
export function headerLine(frame: FrameInput, width: number): Line {
	return packed(
		[...whereParts(frame)],
		[{ line: liveLine(frame), rank: 0 }, ...whenParts(frame)],
		width,
	);
}

/** {@link headerLine} for a single sample: it has an age, but isn't live. */
export const sampleHeaderLine = (frame: FrameInput, width: number): Line =>
	packed([...whereParts(frame)], [...whenParts(frame)], width);

/** Both sides in one line; what is given up most easily goes first. */
function packed(left: Part[], right: Part[], width: number): Line {
	const joined = (parts: readonly Part[]) =>
		line(...parts.flatMap((part, at) => (at ? [gap, part.line] : [part.line])));
	const total = () => lineWidth(joined(left)) + lineWidth(joined(right)) + 4;
	while (total() > width && left.length + right.length > 1) {
		const easiest = Math.max(...[...left, ...right].map(({ rank }) => rank));
		if (easiest === 0) break;
		for (const parts of [left, right]) {
			const at = parts.findIndex(({ rank }) => rank === easiest);
			if (at >= 0) parts.splice(at, 1);
		}
	}
	const room = Math.max(0, width - 2);
	return clipLine(line(' ', spreadLine(joined(left), joined(right), room)), width);
}

function* whereParts({ report, environment }: FrameInput): Iterable<Part> {
	yield { line: [span('tidemark', 'title')], rank: 6 };
	yield { line: nameLine(environment), rank: environment.isProduction ? 0 : 1 };
	const { identity } = report.snapshot;
	if (identity !== undefined) {
		const { user, host, port, database } = identity;
		const address = port === 5432 ? host : `${host}:${port}`;
		const where = `${user}@${address}/${database}`;
		// A target without a name of its own is called by this already.
		if (where !== environment.target) yield { line: [span(where)], rank: 4 };
		yield { line: roleLine(report.snapshot, identity.isStandby, identity.version), rank: 3 };
		if (identity.isPooled) yield { line: [span('pooled', 'muted')], rank: 5 };
	}
	if (environment.isReadOnly) yield { line: [span('READ-ONLY', 'strong')], rank: 2 };
}

function roleLine(
	snapshot: FrameInput['report']['snapshot'],
	isStandby: boolean,
	version: string,
): Line {
	if (!isStandby) return [span(`primary ${version}`)];
	const lag = databaseOf(snapshot).data.replayLagSeconds;
	const replay = typeof lag === 'number' ? `, ${formatAge(lag)} behind` : '';
	return [span(`STANDBY ${version}${replay}`, 'warn')];
}

function* whenParts(frame: FrameInput): Iterable<Part> {
	if (frame.past !== undefined) {
		yield { line: pastTime(frame), rank: 1 };
		yield { line: nowLine(frame, frame.past), rank: 0 };
		return;
	}
	if (frame.report.snapshot.identity !== undefined) {
		yield { line: [span(formatTime(frame.report.snapshot.at))], rank: 2 };
	}
	const counts = severityCounts(frame.report.verdicts);
	if (counts.length > 0) yield { line: counts, rank: 0 };
}

function liveLine(frame: FrameInput): Line {
	if (frame.past !== undefined) return pastLine(frame, frame.past);
	const { report, controls, now } = frame;
	const { connection, answeredAt } = report.snapshot;
	const every = formatInterval(controls.intervalMs);
	if (connection.kind === 'connecting') return [mark('unknown'), span(' connecting', 'unknown')];
	if (connection.kind === 'lost') return [mark('critical'), span(' lost', 'critical')];
	if (controls.isPaused) return [span('‖ paused', 'warn')];
	const silentMs = now - answeredAt;
	if (silentMs > 2 * controls.intervalMs) {
		return [mark('unknown'), span(` no sample for ${formatAge(silentMs / 1000)}`, 'unknown')];
	}
	if (controls.askedMs !== undefined)
		return [mark('warn'), span(` slow server, every ${every}`, 'warn')];
	return [mark('ok'), span(` live ${every}`)];
}
