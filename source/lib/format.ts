/** How a number that isn't one is written: unknown, never zero. */
export const unknownText = '–';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** `1,204`. A fraction is rounded; what isn't a finite number is written as unknown. */
export function formatCount(count: number | bigint): string {
	if (typeof count === 'number' && !Number.isFinite(count)) return unknownText;
	const digits = typeof count === 'bigint' ? String(count) : integerText(Math.round(count));
	return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Digits without an exponent, also past 1e21; no negative zero. */
const integerText = (value: number): string =>
	Math.abs(value) < Number.MAX_SAFE_INTEGER ? String(value + 0) : String(BigInt(value));

const compactUnits = [
	[1e15, 'P'],
	[1e12, 'T'],
	[1e9, 'G'],
	[1e6, 'M'],
	[1e3, 'k'],
] as const;

/** `940`, `1.2k`, `38k`, `1.2M`: three digits at most and a unit, for places that are narrow. */
export function formatCompactCount(count: number | bigint): string {
	const value = Number(count);
	if (!Number.isFinite(value)) return unknownText;
	const size = Math.abs(value);
	if (size < 999.5) return formatCount(value);
	for (const [factor, unit] of compactUnits) {
		// 999,950 is 1.0M and not 1000k, so the border lies half a last digit below the unit.
		if (size < factor * 0.9995) continue;
		const scaled = value / factor;
		return `${Math.abs(scaled) < 9.95 ? scaled.toFixed(1) : Math.round(scaled)}${unit}`;
	}
	return formatCount(value);
}

/**
 * An age or a duration in at most two units: `48s`, `12m`, `3h12m`, `9d4h`. Seconds are given up to
 * two minutes. A negative age is a difference between clocks, and counts as none.
 */
export function formatAge(seconds: number): string {
	if (seconds === Number.POSITIVE_INFINITY) return '∞';
	if (!Number.isFinite(seconds)) return unknownText;
	const whole = Math.max(0, Math.floor(seconds));
	if (whole < 2 * minute) return `${whole}s`;
	if (whole < hour) return `${Math.floor(whole / minute)}m`;
	if (whole < 2 * day) {
		return `${Math.floor(whole / hour)}h${twoDigits(Math.floor((whole % hour) / minute))}m`;
	}
	if (whole < 100 * day) return `${Math.floor(whole / day)}d${Math.floor((whole % day) / hour)}h`;
	return `${formatCount(Math.floor(whole / day))}d`;
}

/** A measured time: `0.4ms`, `9ms`, `1.2s`. */
export function formatMs(ms: number): string {
	if (!Number.isFinite(ms)) return unknownText;
	if (ms >= 999.5) return `${(ms / 1000).toFixed(1)}s`;
	return ms < 0.95 && ms !== 0 ? `${ms.toFixed(1)}ms` : `${Math.round(ms)}ms`;
}

/** An interval that someone chose: `500ms`, `2s`, `1m30s`. */
export function formatInterval(ms: number): string {
	if (ms < 1000) return `${Math.round(ms)}ms`;
	const seconds = ms / 1000;
	if (seconds < minute) return `${Number(seconds.toFixed(1))}s`;
	const rest = Math.round(seconds % minute);
	return `${Math.floor(seconds / minute)}m${rest === 0 ? '' : `${rest}s`}`;
}

/** A ratio as a percentage with as many decimals as are still news: `0.2%`, `12%`. */
export function formatPercent(ratio: number): string {
	if (!Number.isFinite(ratio)) return unknownText;
	const percent = ratio * 100;
	return `${Math.abs(percent) < 9.95 ? Number(percent.toFixed(1)) : Math.round(percent)}%`;
}

/** A rate per minute: `31/m`, `0.4/m`. */
export function formatPerMinute(rate: number): string {
	if (!Number.isFinite(rate)) return unknownText;
	const isWhole = Math.abs(rate) >= 9.95 || Number.isInteger(rate);
	return `${isWhole ? formatCompactCount(Math.round(rate)) : rate.toFixed(1)}/m`;
}

/** A growth per minute, with its sign: `+18/m`, `-3/m`, `±0/m`. */
export const formatGrowth = (rate: number): string =>
	rate > 0 ? `+${formatPerMinute(rate)}` : `${rate === 0 ? '±' : ''}${formatPerMinute(rate)}`;

/** The time of day in the terminal's zone: `14:02:31`. `at` in ms since the epoch. */
export function formatTime(at: number): string {
	const date = new Date(at);
	if (Number.isNaN(date.getTime())) return unknownText;
	return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}

/** `14:02`. */
export const formatHourMinute = (at: number): string => formatTime(at).slice(0, 5);

/** `2026-03-01 14:02:31`, in the terminal's zone. */
export function formatDateTime(at: number): string {
	const date = new Date(at);
	if (Number.isNaN(date.getTime())) return unknownText;
	const days = [date.getMonth() + 1, date.getDate()].map(twoDigits).join('-');
	return `${date.getFullYear()}-${days} ${formatTime(at)}`;
}

/** `1 task`, `2 tasks`, `1,204 rows`. */
export const formatPlural = (count: number | bigint, noun: string): string =>
	`${formatCount(count)} ${noun}${Number(count) === 1 ? '' : 's'}`;
