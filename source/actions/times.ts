import { TidemarkError } from '../errors.ts';
import { dayMs, hourMs, type Pipeline } from './pipelines.ts';

const agoUnits: Readonly<Record<string, number>> = {
	s: 1000,
	m: 60_000,
	h: hourMs,
	d: dayMs,
	w: 7 * dayMs,
};

/**
 * A moment in ms since the epoch from `2025-11-03`, `2025-11-03T14:00`, one with `Z` or an offset (UTC
 * is meant where none is given), `now`, or an age such as `3h` or `2d`.
 * @param nowMs the database's clock
 * @throws TidemarkError of kind `config`
 */
export function parseMoment(text: string, flag: string, nowMs: number): number {
	if (text === 'now') return nowMs;
	const ago = /^-?(\d+)(s|m|h|d|w)$/.exec(text);
	if (ago) return nowMs - Number(ago[1]) * (agoUnits[ago[2] ?? ''] ?? 0);
	const match =
		/^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d(?::?\d\d)?)?)?$/.exec(
			text,
		);
	const zone = /^[+-]\d\d$/.test(match?.[3] ?? '') ? `${match?.[3]}:00` : (match?.[3] ?? 'Z');
	const at = match ? Date.parse(`${match[1]}T${match[2] ?? '00:00'}${zone}`) : Number.NaN;
	// A day that the month doesn't have would become one of the next month.
	const day = Date.parse(`${match?.[1]}T00:00Z`);
	const isReal = !Number.isNaN(day) && new Date(day).toISOString().startsWith(match?.[1] ?? '');
	if (Number.isNaN(at) || !isReal) {
		throw new TidemarkError(
			'config',
			`${flag} is a moment such as 2025-11-03, 2025-11-03T14:00Z, now, or an age such as 3h; it is "${text.slice(0, 40)}"`,
		);
	}
	return at;
}

/** A length of time in ms from `500ms`, `2s`, `5m`, `12h`, `7d`. @throws TidemarkError of kind `config` */
export function parseSpan(text: string, flag: string): number {
	const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
	const unit = { ms: 1, ...agoUnits }[match?.[2] ?? ''];
	if (match && unit !== undefined) return Math.round(Number(match[1]) * unit);
	throw new TidemarkError(
		'config',
		`${flag} is a time such as 500ms, 2s, 5m, 12h or 7d; it is "${text.slice(0, 40)}"`,
	);
}

/** A span of time, from and up to, in ms since the epoch. */
export type Interval = { readonly fromMs: number; readonly toMs: number };

/** The span grown to whole buckets. */
export const wholeBuckets = ({ fromMs, toMs }: Interval, { bucketMs }: Pipeline): Interval => ({
	fromMs: Math.floor(fromMs / bucketMs) * bucketMs,
	toMs: Math.ceil(toMs / bucketMs) * bucketMs,
});

/** The beginning of a UTC month; `months` before or after the one of `ms`. */
export function monthStart(ms: number, months = 0): number {
	const date = new Date(ms);
	return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months);
}

/** The calendar months (UTC) from the one of `oldestMs` to the one of `newestMs`, both included. */
export function monthsBetween(oldestMs: number, newestMs: number): readonly Interval[] {
	const months: Interval[] = [];
	for (let fromMs = monthStart(oldestMs); fromMs <= newestMs; fromMs = monthStart(fromMs, 1)) {
		months.push({ fromMs, toMs: monthStart(fromMs, 1) });
	}
	return months;
}

/** The span cut at every multiple of `stepMs`. */
export function cut({ fromMs, toMs }: Interval, stepMs: number): readonly Interval[] {
	const pieces: Interval[] = [];
	for (let at = fromMs; at < toMs; ) {
		const next = Math.min(toMs, (Math.floor(at / stepMs) + 1) * stepMs);
		pieces.push({ fromMs: at, toMs: next });
		at = next;
	}
	return pieces;
}

/** The span cut where a calendar month (UTC) begins. */
export function cutAtMonths({ fromMs, toMs }: Interval): readonly Interval[] {
	const pieces: Interval[] = [];
	for (let at = fromMs; at < toMs; ) {
		const next = Math.min(toMs, monthStart(at, 1));
		pieces.push({ fromMs: at, toMs: next });
		at = next;
	}
	return pieces;
}

/** What of a span is not covered by the others. */
export function uncovered(whole: Interval, covered: readonly Interval[]): readonly Interval[] {
	const missing: Interval[] = [];
	let at = whole.fromMs;
	for (const { fromMs, toMs } of covered.toSorted((a, b) => a.fromMs - b.fromMs)) {
		if (toMs <= at || fromMs >= whole.toMs) continue;
		if (fromMs > at) missing.push({ fromMs: at, toMs: fromMs });
		at = toMs;
	}
	if (at < whole.toMs) missing.push({ fromMs: at, toMs: whole.toMs });
	return missing;
}

/** `2025-11` */
export const monthText = (ms: number): string => new Date(ms).toISOString().slice(0, 7);

/** `2025-11-03 14:00` UTC; the time is left out at midnight, seconds where there are none. */
export function momentText(ms: number): string {
	const text = new Date(ms).toISOString();
	if (ms % dayMs === 0) return text.slice(0, 10);
	return `${text.slice(0, 10)} ${text.slice(11, ms % 60_000 === 0 ? 16 : 19)}`;
}

/** The moment as the server takes it, to the ms. */
export const isoOf = (ms: number): string => new Date(ms).toISOString();
