import type { Severity, Verdict } from '../../health/verdict.ts';
import { mark } from '../draw/mark.ts';
import { type Line, line } from '../draw/span.ts';

/** How many of each are not well, such as `✖ 1  ▲ 2`; nothing where none is. */
export function severityCounts(verdicts: readonly Verdict[]): Line {
	const shown: readonly Severity[] = ['critical', 'warn', 'unknown'];
	return line(
		...shown
			.flatMap((severity) => {
				const count = verdicts.filter((each) => each.severity === severity).length;
				return count === 0 ? [] : [line(mark(severity), ` ${count}`)];
			})
			.flatMap((each, at) => (at ? ['  ', each] : [each])),
	);
}
