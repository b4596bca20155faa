import { formatCount } from '../../../lib/format.ts';
import type { Row } from '../../../sampling/reading.ts';

/** So many rows a query looks at where nothing has them in order; the files say it too. */
const mostMet = 20_000;

/** Says that there may be more than was looked at; a row's `met` is how many were. */
export const noteOfMet =
	(what: string) =>
	([row]: readonly Row[]): string | undefined =>
		Number(row?.met ?? 0) < mostMet
			? undefined
			: `of the first ${formatCount(mostMet)} ${what} that were met; there may be more`;
