import type { HealthEvent } from '../../health/verdict.ts';
import { formatDateTime } from '../../lib/format.ts';
import { mark } from '../draw/mark.ts';
import { clipLine, type Line, line, span } from '../draw/span.ts';

/** What happened, newest first, after what is wrong with the catalog for as long as it lasts. */
export function eventLogLines(
	events: readonly HealthEvent[],
	warnings: readonly string[],
	width: number,
): readonly Line[] {
	const happened = events
		.toReversed()
		.map(({ at, severity, text }) =>
			line(span(`${formatDateTime(at)}  `, 'muted'), mark(severity), ` ${text}`),
		);
	const standing = warnings.map((text) => line(mark('warn'), ` ${text}`));
	const lines = [...standing, ...(standing.length > 0 ? [[]] : []), ...happened];
	if (lines.length === 0)
		return [[span('nothing has happened since the console was started', 'muted')]];
	return lines.map((each) => clipLine(each, width));
}
