import { formatAge, formatMs } from '../../lib/format.ts';
import type { Reading } from '../../sampling/reading.ts';
import { mark, toneOf } from '../draw/mark.ts';
import { clipLine, type Line, line, type Piece, span } from '../draw/span.ts';
import { tableLines } from '../draw/table.ts';
import { wrapWords } from '../draw/wrap.ts';
import { conditionOf, underCondition } from '../panels/condition.ts';
import { type FrameInput, serverNow } from '../panels/frame-input.ts';
import { type Panel, verdictsOf } from '../panels/panel.ts';
import { withoutSpark } from '../panels/parts.ts';

/** What is wrong in a panel, worst first, each sentence wrapped; nothing where nothing is. */
export function verdictLines(frame: FrameInput, panel: Panel, width: number): readonly Line[] {
	const found = verdictsOf(frame, panel.id).filter(({ severity }) => severity !== 'ok');
	return found.flatMap(({ severity, sentence, since }) => {
		const age = formatAge((serverNow(frame) - since) / 1000);
		const text = severity === 'unknown' ? sentence : `${sentence} (for ${age})`;
		return wrapWords(text, Math.max(1, width - 2)).map((row, at) =>
			clipLine(line(at === 0 ? mark(severity) : ' ', span(` ${row}`, toneOf(severity))), width),
		);
	});
}

/** Each sampler that feeds the panel: how it stands, how old its rows are, what it costs the server. */
export function samplerLines(frame: FrameInput, panel: Panel, width: number): readonly Line[] {
	const columns = [
		{ title: 'sampler' },
		{ title: 'state' },
		{ title: 'age', isNumber: true },
		{ title: 'server', isNumber: true, rank: 1 },
		{ title: '', rank: 2 },
	];
	const now = serverNow(frame);
	const { advice } = frame.report.snapshot;
	const { readings } = panel.stateOf(frame.report.snapshot);
	const rows = readings.map(([id, reading]): readonly Piece[] => [
		id,
		span(reading.kind, reading.kind === 'stale' || reading.kind === 'failed' ? 'unknown' : 'muted'),
		'at' in reading ? formatAge((now - reading.at) / 1000) : '',
		'cost' in reading ? formatMs(reading.cost.serverMs) : '',
		span(reasonOf(reading) || (advice.get(id) ?? ''), 'muted'),
	]);
	return readings.length === 0 ? [] : tableLines(columns, rows, width);
}

function reasonOf(reading: Reading): string {
	if (reading.kind === 'unavailable') return reading.reason;
	return 'failure' in reading ? reading.failure.sentence : '';
}

/** A panel's own lines under its condition; without the sparkline where a chart shows the same. */
export function dataLines(
	frame: FrameInput,
	panel: Panel,
	width: number,
	hasChart = false,
): readonly Line[] {
	const condition = conditionOf(panel.stateOf(frame.report.snapshot), frame);
	const own = panel.lines(frame, width);
	return underCondition(condition, hasChart ? withoutSpark(own) : own).map((each) =>
		clipLine(each.line, width),
	);
}
