import type { Day } from '../lib/calendar.ts';
import type { HeatMap } from './heat-map.ts';
import type { Grouping, SourceName } from './names.ts';
import type { SourceChoice } from './sources.ts';
import { subtractUsage, type Usage } from './usage.ts';
import type { ZoneChoice } from './zone-choice.ts';

/** Whose usage it is. */
export type Subject =
	| { readonly kind: 'all' }
	| {
			readonly kind: 'runtime' | 'workspace';
			readonly id: string;
			/** Sanitised; null: it has none, or it may not be read. */
			readonly name: string | null;
	  };

/** Usage from the source, and beside it from the other one, where both could be read. */
export type Compared = { readonly usage: Usage; readonly other?: Usage };

/**
 * Whether the days of a row can still change. A change to an older day that the rollup has not seen
 * yet doesn't show here: that is what its queue is for.
 */
export type Progress = {
	/** The last of the days has ended in the zone. */
	readonly isOver: boolean;
	/** The rollup that is read, or compared with, has got past it; true where there is none. */
	readonly isCovered: boolean;
};

/** What a row of the report is about. */
export type RowKey =
	| { readonly kind: 'day'; readonly day: Day; readonly hours: number }
	| { readonly kind: 'week'; readonly week: string; readonly first: Day; readonly last: Day }
	| {
			readonly kind: 'agent';
			readonly id: string;
			/** Sanitised; null: it is gone, or it may not be read. */
			readonly name: string | null;
			readonly model: string;
	  }
	| { readonly kind: 'model'; readonly provider: string; readonly model: string }
	| { readonly kind: 'hour'; readonly hour: number };

/** One row: days and weeks in their order, hours from 0 to 23, the others by what they used. */
export type ReportRow = Compared & {
	readonly key: RowKey;
	/** Absent where a row is not about a span of days. */
	readonly progress?: Progress;
	/** Tasks started in this hour of the day; absent where that is not known. */
	readonly starts?: number;
};

/** A row about a day. */
export type DayRow = ReportRow & {
	readonly key: Extract<RowKey, { kind: 'day' }>;
	readonly progress: Progress;
};

/** How the two sources were compared. */
export type Comparison =
	| {
			readonly kind: 'compared';
			readonly with: SourceName;
			/** The whole span, or the last days of it that could be read. */
			readonly first: Day;
			readonly last: Day;
			/** Both sums over these days. */
			readonly total: Required<Compared>;
	  }
	| { readonly kind: 'none'; readonly reason: string };

/** All that is known of the usage asked for. */
export type UsageReport = {
	readonly subject: Subject;
	readonly by: Grouping;
	/** Whose days these are. */
	readonly zone: ZoneChoice;
	readonly source: SourceChoice;
	/** The span, both days included. */
	readonly first: Day;
	readonly last: Day;
	readonly today: Day;
	/** Server's clock, in ms since the epoch. */
	readonly takenAt: number;
	readonly total: Usage;
	readonly rows: readonly ReportRow[];
	/** There are more rows than are shown; the total has them. */
	readonly isCut: boolean;
	readonly days: readonly DayRow[];
	/** By hour only. */
	readonly heat?: HeatMap;
	readonly comparison: Comparison;
	/** Up to where the rollup that is shown or compared has got; ms since the epoch. */
	readonly watermarkAt?: number;
	/** What makes these numbers less exact than they look, a sentence each. */
	readonly notes: readonly string[];
};

/** What raw usage has more than the rollup; undefined where only one of them is known. */
export function missingInRollup(row: Compared, { source }: SourceChoice): Usage | undefined {
	if (row.other === undefined) return undefined;
	return source === 'raw'
		? subtractUsage(row.usage, row.other)
		: subtractUsage(row.other, row.usage);
}

/** Whether what the source says of a row will stay, as far as can be told. */
export const isFinal = ({ isOver, isCovered }: Progress, { source }: SourceChoice): boolean =>
	isOver && (source === 'raw' || isCovered);
