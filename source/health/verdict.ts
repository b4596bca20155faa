import type { SignalName } from './thresholds.ts';

/** How bad; `unknown` is a state of its own and never counts as well. */
export type Severity = 'ok' | 'unknown' | 'warn' | 'critical';

/** What one threshold says of one subject at one moment. */
export type Verdict = {
	readonly signal: SignalName;
	/** What it is about, such as a pipeline or a source; empty where there is only one. */
	readonly subject: string;
	/** The panel that shows it. */
	readonly panel: string;
	readonly severity: Severity;
	/** Well by right only, as a pipeline that waits for its backfill. */
	readonly isExcused?: true;
	/** One sentence a tired person understands; sanitised. */
	readonly sentence: string;
	/** Server clock in ms since the epoch since when the condition has held. */
	readonly since: number;
};

/** What happened, for the event line and the log. */
export type HealthEvent = {
	/** Server clock in ms since the epoch. */
	readonly at: number;
	readonly severity: Severity;
	/** One sanitised line. */
	readonly text: string;
};

/** Whether somebody is to be told: what is well or not known is no alarm. */
export const isAlarm = ({ severity }: { readonly severity: Severity }): boolean =>
	severity === 'warn' || severity === 'critical';

/** Tells what a verdict judges: the same from one judgement to the next. */
export const verdictKey = ({ signal, subject }: Pick<Verdict, 'signal' | 'subject'>): string =>
	`${signal} ${subject}`;

const order: Readonly<Record<Severity, number>> = { ok: 0, unknown: 1, warn: 2, critical: 3 };

/** Negative where `a` is worse than `b`. */
export const bySeverity = (a: Severity, b: Severity): number => order[b] - order[a];

/** The worst of several; `ok` of none. */
export const worstOf = (severities: Iterable<Severity>): Severity =>
	[...severities].sort(bySeverity)[0] ?? 'ok';
