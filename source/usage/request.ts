import { TidemarkError } from '../errors.ts';
import { addDays, countDays, type Day, isDay } from '../lib/calendar.ts';
import { isZone } from '../lib/zone.ts';
import { defaultDays, type Grouping, groupings, type SourceName, sourceNames } from './names.ts';

/** Whose usage, as it was asked for: an id, or a name that may be that of several. */
export type WantedSubject = {
	readonly kind: 'runtime' | 'workspace';
	readonly text: string;
};

/** The span in days: a number of days up to today, or from one day to another. */
export type Span =
	| { readonly kind: 'last'; readonly days: number }
	| { readonly kind: 'between'; readonly from: SpanDay; readonly to: SpanDay };

/** A day, or how many days before today. */
export type SpanDay = { readonly day: Day } | { readonly ago: number };

/** What usage is asked for. */
export type UsageRequest = {
	/** Absent: everybody's. */
	readonly subject?: WantedSubject;
	readonly by: Grouping;
	readonly span: Span;
	/** Absent: what the instance itself reads. */
	readonly source?: SourceName;
	/** A zone that there is. Absent: the user's, the terminal's or UTC. */
	readonly zone?: string;
	/** An id or an address, whose zone is meant. */
	readonly user?: string;
};

/** A span longer than this is refused. */
export const mostDays = 400;

/** The flags that say what usage is asked for. */
export type RequestFlags = {
	readonly runtime?: string;
	readonly workspace?: string;
	readonly by?: string;
	readonly from?: string;
	readonly to?: string;
	readonly days?: string;
	readonly source?: string;
	readonly tz?: string;
	readonly user?: string;
};

/** @throws TidemarkError of kind `config` for the first thing that is wrong */
export function parseRequest(flags: RequestFlags): UsageRequest {
	const { runtime, workspace, tz, user } = flags;
	if (runtime !== undefined && workspace !== undefined) {
		throw wrong('--runtime and --workspace are one or the other: a runtime has one workspace');
	}
	if (tz !== undefined && !isZone(tz)) throw wrong(zoneFault('--tz', tz));
	const by = oneOf(groupings, '--by of usage', flags.by) ?? 'day';
	const source = oneOf(sourceNames, '--source', flags.source);
	if (source === 'daily' && needsHourly(by)) {
		throw wrong(`--by ${by} can't be had from the daily rollup: choose --source hourly or raw`);
	}
	return {
		...(runtime !== undefined && { subject: { kind: 'runtime', text: runtime } }),
		...(workspace !== undefined && { subject: { kind: 'workspace', text: workspace } }),
		by,
		span: parseSpan(flags),
		...(source && { source }),
		...(tz !== undefined && { zone: tz }),
		...(user !== undefined && { user }),
	};
}

/** The daily rollup has neither hours nor agents. */
export const needsHourly = (by: Grouping): boolean => by === 'hour' || by === 'agent';

/** What is wrong with a name that is no time zone. */
export const zoneFault = (what: string, name: string): string =>
	`${what} is a time zone such as Europe/Berlin or UTC; it is "${name.slice(0, 40)}"`;

/** The first and last day of a span, given what day it is. @throws TidemarkError of kind `config` */
export function daysOfSpan(span: Span, today: Day): { readonly first: Day; readonly last: Day } {
	if (span.kind === 'last') return { first: addDays(today, 1 - span.days), last: today };
	const [first, last] = [span.from, span.to].map((end) =>
		'day' in end ? end.day : addDays(today, -end.ago),
	) as [Day, Day];
	const days = countDays(first, last);
	if (days < 1) throw wrong(`--from ${first} is after --to ${last}`);
	if (days > mostDays) {
		throw wrong(`${first} to ${last} is ${days} days: at most ${mostDays} are counted at once`);
	}
	return { first, last };
}

function parseSpan({ from, to, days }: RequestFlags): Span {
	if (days !== undefined) {
		if (from !== undefined) throw wrong('--days and --from are one or the other');
		if (!/^\d{1,4}$/.test(days) || Number(days) < 1 || Number(days) > mostDays) {
			throw wrong(`--days is a number from 1 to ${mostDays}; it is "${days.slice(0, 40)}"`);
		}
		if (to === undefined) return { kind: 'last', days: Number(days) };
	}
	if (from === undefined && to === undefined) return { kind: 'last', days: defaultDays };
	const end = to === undefined ? { ago: 0 } : spanDay(to, '--to');
	if (from !== undefined) return { kind: 'between', from: spanDay(from, '--from'), to: end };
	const before = Number(days ?? defaultDays) - 1;
	const start = 'day' in end ? { day: addDays(end.day, -before) } : { ago: end.ago + before };
	return { kind: 'between', from: start, to: end };
}

function spanDay(text: string, flag: string): SpanDay {
	if (isDay(text)) return { day: text };
	if (text === 'today' || text === 'now') return { ago: 0 };
	const ago = /^(\d{1,4})d$/.exec(text);
	if (ago) return { ago: Number(ago[1]) };
	throw wrong(
		`${flag} is a day such as 2025-11-03, today, or 7d for seven days ago; it is "${text.slice(0, 40)}"`,
	);
}

function oneOf<Name extends string>(
	names: readonly Name[],
	flag: string,
	text: string | undefined,
): Name | undefined {
	if (text === undefined) return undefined;
	const name = names.find((each) => each === text);
	if (name === undefined) {
		throw wrong(`${flag} is one of ${names.join(', ')}; it is "${text.slice(0, 40)}"`);
	}
	return name;
}

const wrong = (sentence: string) => new TidemarkError('config', sentence);
