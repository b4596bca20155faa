import type { HealthEvent, Severity } from '../../health/verdict.ts';
import { formatDateTime } from '../../lib/format.ts';
import { mark } from '../draw/mark.ts';
import { clipLine, type Line, line, span } from '../draw/span.ts';
import { wrapWords } from '../draw/wrap.ts';
import { matches, openSieve, type Sieve } from '../sieve.ts';

/** What happened, newest first, after what is wrong with the catalog for as long as it lasts. */
export function eventLogLines(
	events: readonly HealthEvent[],
	warnings: readonly string[],
	width: number,
	sieve: Sieve = openSieve,
): readonly Line[] {
	const happened = events
		.filter(({ severity, text }) => isLetThrough(sieve, severity, text))
		.toReversed()
		.flatMap(({ at, severity, text }) => entry(`${formatDateTime(at)}  `, severity, text, width));
	const standing = warnings
		.filter((text) => isLetThrough(sieve, 'warn', text))
		.flatMap((text) => entry('', 'warn', text, width));
	const lines = [...standing, ...(standing.length > 0 ? [[]] : []), ...happened];
	if (lines.length === 0) {
		const isAll = events.length + warnings.length === 0;
		const text = isAll
			? 'nothing has happened since the console was started'
			: 'no event is let through; esc shows all';
		return [[span(text, 'muted')]];
	}
	return lines;
}

const isLetThrough = (sieve: Sieve, severity: Severity, text: string): boolean =>
	(!sieve.isProblemsOnly || severity !== 'ok') &&
	(sieve.query === '' || matches(sieve.query, text));

/** One entry, wrapped under its own text: here and nowhere else all of it is seen. */
function entry(when: string, severity: Severity, text: string, width: number): readonly Line[] {
	const indent = when.length + 2;
	return wrapWords(text, Math.max(1, width - indent)).map((row, at) => {
		const start =
			at === 0 ? [span(when, 'muted'), mark(severity), span(' ')] : [span(' '.repeat(indent))];
		return clipLine(line(...start, row), width);
	});
}
