import { TidemarkError } from '../errors.ts';
import { addDays, type Day } from '../lib/calendar.ts';
import { formatCount } from '../lib/format.ts';
import { hasSameDays } from '../lib/zone.ts';
import type { Asking } from './asking.ts';
import type { SourceName } from './names.ts';
import { ownerValues, type Scope, unknownDays } from './scope.ts';
import { sourceText } from './sources.ts';

/** At most so many rows are read for an answer; a bucket costs less than a row whose task is looked up. */
const mostRows = { raw: 100_000, hourly: 500_000, starts: 300_000, tasks: 100_000 } as const;

/** How much of the span can be read, and from where. */
export type Reach = {
	/** Why the source can't be read for the span; absent: it can. */
	readonly tooMuch?: string;
	/** Raw usage is read by the tasks of the runtime or workspace, whose are few, and not by time. */
	readonly isByTask: boolean;
	/** What the source is compared with, from a day of the span on; or why with nothing. */
	readonly comparison:
		| { readonly kind: 'with'; readonly source: SourceName; readonly first: Day }
		| { readonly kind: 'none'; readonly reason: string };
	/** Why task starts can't be had; absent: they can, or nobody wants them. */
	readonly noStarts?: string;
	/** They are read by the tasks of the subject too. */
	readonly areStartsByTask?: boolean;
};

/**
 * Whether days begin where the zone's do, to the minute, as the daily rollup's do; otherwise with the
 * hour of UTC in which that is, as those from the hourly rollup have to.
 */
export const hasExactDays = (
	{ source }: Scope,
	{ comparison }: Pick<Reach, 'comparison'>,
): boolean =>
	source.source === 'daily' || (comparison.kind === 'with' && comparison.source === 'daily');

/** Counts before anything is summed up, and no further than allowed; undefined: not known yet. */
export function reachOf(
	asking: Asking,
	scope: Scope,
	other: SourceName | undefined,
): Reach | undefined {
	const { source } = scope.source;
	const own = countRows(asking, scope, source);
	const comparison = compareWith(asking, scope, other);
	const starts = scope.by === 'hour' ? countStarts(asking, scope) : {};
	if (own === undefined || comparison === undefined || starts === undefined) return undefined;
	if ('why' in own) {
		throw new TidemarkError('query', `${sourceText[source]} can't be read: ${own.why}`);
	}
	return {
		...(own.first === scope.first ? {} : { tooMuch: tooMuchText(source, own.first, scope) }),
		isByTask: own.isByTask === true || comparison.isByTask === true,
		comparison: comparison.told,
		...starts,
	};
}

/** The first day from which on a source can be read. */
type Count = { readonly first: Day; readonly isByTask?: true } | { readonly why: string };

function countRows(asking: Asking, scope: Scope, source: SourceName): Count | undefined {
	// A day of the daily rollup has so few rows that the server's time limit is bound enough.
	if (source === 'daily') return { first: scope.first };
	const span = { first_day: scope.first, last_day: scope.last, zone: scope.zone.zone };
	const owner = source === 'hourly' ? ownerValues(scope) : {};
	const found = asking.find(`reach-${source}`, { ...owner, ...span, most: mostRows[source] });
	if (found === undefined || 'why' in found) return found;
	const [row] = found.rows;
	const rows = Number(row?.rows);
	const hasFewTasks = source === 'raw' ? fewTasks(asking, scope, rows) : false;
	if (hasFewTasks === undefined) return undefined;
	if (hasFewTasks) return { first: scope.first, isByTask: true };
	if (rows <= mostRows[source]) return { first: scope.first };
	return { first: String(row?.first_whole_day ?? addDays(scope.last, 1)) };
}

/**
 * Whether all tasks that the subject ever had are fewer than so many rows, and can be looked up one by
 * one; undefined: not known yet.
 */
function fewTasks(asking: Asking, scope: Scope, than: number): boolean | undefined {
	if (scope.subject.kind === 'all') return false;
	const found = asking.find('reach-tasks', { ...ownerValues(scope), most: mostRows.tasks });
	if (found === undefined) return undefined;
	if ('why' in found) return false;
	const tasks = Number(found.rows[0]?.tasks);
	return tasks <= mostRows.tasks && tasks < than;
}

function compareWith(
	asking: Asking,
	scope: Scope,
	other: SourceName | undefined,
): { readonly told: Reach['comparison']; readonly isByTask?: true } | undefined {
	const none = (reason: string) => ({ told: { kind: 'none', reason } }) as const;
	if (other === undefined) return none('there is no rollup here to compare with');
	const { daily, zone, first, last } = scope;
	if (daily.kind === 'each') return none("in the daily rollup each runtime's days are its own");
	if (daily.kind === 'unknown') return none(unknownDays(daily.zone));
	if (daily.kind === 'one' && !hasSameDays(daily.zone, zone.zone, first, last)) {
		return none(`the daily rollup has days of ${daily.zone}`);
	}
	const count = countRows(asking, scope, other);
	if (count === undefined) return undefined;
	if ('why' in count) return none(`${sourceText[other]} can't be read: ${count.why}`);
	if (count.first > last) return none(tooMuchText(other, count.first, scope));
	return {
		told: { kind: 'with', source: other, first: count.first },
		...(count.isByTask && { isByTask: true }),
	};
}

function countStarts(asking: Asking, scope: Scope) {
	const { first, last, zone } = scope;
	const span = { first_day: first, last_day: last, zone: zone.zone };
	const found = asking.find('reach-starts', { ...span, most: mostRows.starts });
	if (found === undefined) return undefined;
	if ('why' in found) return { noStarts: found.why };
	if (Number(found.rows[0]?.rows) <= mostRows.starts) return {};
	const hasFewTasks = fewTasks(asking, scope, mostRows.starts);
	if (hasFewTasks === undefined) return undefined;
	return hasFewTasks
		? { areStartsByTask: true }
		: { noStarts: `more than ${formatCount(mostRows.starts)} tasks ended there` };
}

function tooMuchText(source: SourceName, first: Day, { subject, last }: Scope): string {
	const most = source === 'daily' ? 0 : mostRows[source];
	const whose = subject.kind === 'all' || source !== 'hourly' ? '' : ` of this ${subject.kind}`;
	const tasks =
		subject.kind === 'all' || source !== 'raw'
			? ''
			: `, and this ${subject.kind} more than ${formatCount(mostRows.tasks)} tasks`;
	const rows = `${sourceText[source]} has more than ${formatCount(most)} rows${whose} there${tasks}`;
	return first > last
		? `${rows}, on the last day alone`
		: `${rows}; from ${first} on it can be read`;
}
