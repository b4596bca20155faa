import { formatAge, formatMs } from '../../lib/format.ts';
import type { Reading } from '../../sampling/reading.ts';
import { mark, toneOf } from '../draw/mark.ts';
import { clipLine, type Line, line, type Piece, span } from '../draw/span.ts';
import { tableLines } from '../draw/table.ts';
import { conditionOf, underCondition } from '../panels/condition.ts';
import { type FrameInput, serverNow } from '../panels/frame-input.ts';
import { type Panel, verdictsOf } from '../panels/panel.ts';

/** What is wrong in a panel, one sentence a line, worst first; that all is well where nothing is. */
export function verdictLines(frame: FrameInput, panel: Panel, width: number): readonly Line[] {
	const found = verdictsOf(frame, panel.id).filter(({ severity }) => severity !== 'ok');
	return found.map(({ severity, sentence, since }) => {
		const forSeconds = (serverNow(frame) - since) / 1000;
		const age =
			severity === 'unknown' ? undefined : span(` (for ${formatAge(forSeconds)})`, 'muted');
		return clipLine(line(mark(severity), span(` ${sentence}`, toneOf(severity)), age), width);
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
	const { readings } = panel.stateOf(frame.report.snapshot);
	const rows = readings.map(([id, reading]): readonly Piece[] => [
		id,
		span(reading.kind, reading.kind === 'stale' || reading.kind === 'failed' ? 'unknown' : 'muted'),
		'at' in reading ? formatAge((now - reading.at) / 1000) : '',
		'cost' in reading ? formatMs(reading.cost.serverMs) : '',
		span(reasonOf(reading), 'muted'),
	]);
	return readings.length === 0 ? [] : tableLines(columns, rows, width);
}

function reasonOf(reading: Reading): string {
	if (reading.kind === 'unavailable') return reading.reason;
	return 'failure' in reading ? reading.failure.sentence : '';
}

/** A panel's own lines, all of them, under its condition. */
export function dataLines(frame: FrameInput, panel: Panel, width: number): readonly Line[] {
	const condition = conditionOf(panel.stateOf(frame.report.snapshot), frame);
	return underCondition(condition, panel.lines(frame, width)).map((each) =>
		clipLine(each.line, width),
	);
}
