import { formatPlural } from '../../lib/format.ts';
import { mark } from '../draw/mark.ts';
import { clipLine, type Line, line, span } from '../draw/span.ts';
import { wrapWords } from '../draw/wrap.ts';
import type { FrameInput } from '../panels/frame-input.ts';
import { nextTryText } from './problem-line.ts';

/** The body before there was ever an answer: where to, and why not yet. */
export function connectionLines(frame: FrameInput, width: number): readonly Line[] {
	const { connection } = frame.report.snapshot;
	const room = Math.max(1, width - 4);
	const indent = (content: Line) => clipLine(line('  ', content), width);
	if (connection.kind === 'lost') {
		return [
			[],
			...wrapWords(connection.sentence, room - 2).map((text, at) =>
				indent(line(at === 0 ? mark('critical') : ' ', span(` ${text}`, 'critical'))),
			),
			[],
			indent(line(span('where    ', 'muted'), connection.where)),
			indent(line(span('failure  ', 'muted'), connection.failureClass)),
			indent(
				line(
					span('tried    ', 'muted'),
					`${formatPlural(connection.attempts, 'time')}, `,
					nextTryText(connection, frame),
				),
			),
		];
	}
	const text =
		connection.kind === 'connecting'
			? `connecting to ${connection.where}`
			: 'connected; finding out what this database has';
	return [[], indent(line(mark('unknown'), ` ${text}`))];
}
