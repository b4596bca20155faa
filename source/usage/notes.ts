import { hasPartHours } from '../lib/zone.ts';
import { hasExactDays, type Reach } from './reach.ts';
import { type Scope, unknownDays } from './scope.ts';

/** What makes the numbers less exact than they look, a sentence each. */
export function notesOf(
	scope: Scope,
	reach: Reach,
	isCut: boolean,
	noStarts: string | undefined,
): readonly string[] {
	const { zone, daily, source, first, last } = scope;
	const notes = [zone.note];
	if (source.source === 'daily' && daily.kind === 'each') {
		notes.push(
			"the daily rollup has each runtime's own days: around midnight they are not those of one zone",
		);
	}
	if (source.source === 'daily' && daily.kind === 'unknown') notes.push(unknownDays(daily.zone));
	if (!hasExactDays(scope, reach) && hasPartHours(zone.zone, first, last)) {
		notes.push(
			`usage is kept by hours of UTC, which hours of ${zone.zone} cut: what is shown of an hour or a day may belong to the one beside it, by less than an hour`,
		);
	}
	if (isCut) notes.push('only the 100 greatest rows are listed; the total has all of them');
	if (noStarts !== undefined) notes.push(`task starts can't be had: ${noStarts}`);
	return notes.filter((note) => note !== undefined);
}
