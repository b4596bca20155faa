import { countDays } from '../lib/calendar.ts';
import type { Value } from '../postgres/transaction.ts';
import type { Row } from '../sampling/reading.ts';
import type { Asking } from './asking.ts';
import { mostUnfolded } from './heat-map.ts';
import type { SourceName } from './names.ts';
import { hasExactDays, type Reach } from './reach.ts';
import { ownerValues, type Scope } from './scope.ts';
import { sourceText } from './sources.ts';

/** The rows of one way of grouping, from the source and from what it is compared with. */
export type Pair = {
	readonly own: readonly Row[];
	/** Absent: not compared, or not over the whole span. */
	readonly other?: readonly Row[];
	/** Why the comparison that was meant could not be made. */
	readonly failure?: string;
};

/** How the queries group. */
export type Query = 'day' | 'agent' | 'model' | 'hour';

/** Reads both sides; undefined: not known yet. @throws TidemarkError of kind `query` */
export function readPair(asking: Asking, scope: Scope, reach: Reach, by: Query): Pair | undefined {
	const { comparison, isByTask } = reach;
	const { source } = scope.source;
	const isExact = hasExactDays(scope, reach);
	const nameOf = (name: SourceName) => (name === 'raw' && isByTask ? 'owned' : name);
	const own = asking.need(
		`${sourceText[source]} can't be read`,
		...queryOf(scope, nameOf(source), by, isExact),
	);
	// Part of a span says nothing about an agent or an hour, which are of all of it.
	const isMeant = comparison.kind === 'with' && (by === 'day' || comparison.first === scope.first);
	if (!isMeant) return own && { own };
	const other = asking.find(
		...queryOf({ ...scope, first: comparison.first }, nameOf(comparison.source), by, isExact),
	);
	if (own === undefined || other === undefined) return undefined;
	return 'rows' in other ? { own, other: other.rows } : { own, failure: other.why };
}

/** Whether the hours of a span come by the day of the week. */
export const isFolded = ({ first, last }: Scope): boolean => countDays(first, last) > mostUnfolded;

/** The parameters of a span of days for the queries that fold. */
export const spanValues = (scope: Scope) => ({
	...ownerValues(scope),
	first_day: scope.first,
	last_day: scope.last,
});

/** Whether the query is asked beside the daily rollup, which has neither agents nor hours. */
const canBeExact = (source: SourceName | 'owned', by: Query): boolean =>
	(source === 'raw' || source === 'owned') && (by === 'day' || by === 'model');

function queryOf(
	scope: Scope,
	source: SourceName | 'owned',
	by: Query,
	isExact: boolean,
): readonly [string, Readonly<Record<string, Value>>] {
	return [
		`by-${by}-${source}`,
		{
			...spanValues(scope),
			...(source !== 'daily' && { zone: scope.zone.zone }),
			...(by === 'hour' && { is_folded: isFolded(scope) }),
			...(canBeExact(source, by) && { is_exact: isExact }),
		},
	];
}
