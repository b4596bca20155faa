import type { Day } from '../lib/calendar.ts';
import type { Grouping } from './names.ts';
import type { SourceChoice } from './sources.ts';
import type { Viewer } from './viewer.ts';

/** Whose usage, of which days, and where it is read: what the queries need to know. */
export type Scope = Viewer & {
	readonly by: Grouping;
	readonly source: SourceChoice;
	readonly daily: DailyZone;
	readonly first: Day;
	readonly last: Day;
	readonly today: Day;
	/** Server's clock, in ms since the epoch. */
	readonly now: number;
};

/** Whose days the daily rollup has; `none` where it is not read. */
export type DailyZone =
	| { readonly kind: 'none' }
	| { readonly kind: 'one'; readonly zone: string }
	/** One that this program doesn't know, such as a rule of POSIX; sanitised. */
	| { readonly kind: 'unknown'; readonly zone: string }
	/** Each runtime's own. */
	| { readonly kind: 'each' };

/** The parameters that say whose usage. */
export const ownerValues = ({ subject }: Scope) => ({
	runtime: subject.kind === 'runtime' ? subject.id : null,
	workspace: subject.kind === 'workspace' ? subject.id : null,
});

/** Of a daily rollup whose zone can't be reckoned with. */
export const unknownDays = (zone: string): string =>
	`the daily rollup has days of "${zone}", a time zone that is not known here`;
