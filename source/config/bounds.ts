import {
	type Bound,
	defaultThresholds,
	type SignalName,
	signalNames,
	type Threshold,
	type Thresholds,
} from '../health/thresholds.ts';

/** The two bounds that a signal may have, in the order in which they are reached. */
export const levels = ['warn', 'critical'] as const;

/** One of {@link levels}. */
export type Level = (typeof levels)[number];

/** What a configuration says of signals: `off` is null. */
export type GivenThresholds = {
	readonly [Signal in SignalName]?: { readonly [Name in Level]?: Bound | null };
};

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const longestSeconds = 365 * 86_400;

const secondsOf = (text: string): number | undefined => {
	const [, digits = '', unit = ''] = /^(\d{1,8})([smhd])$/.exec(text) ?? [];
	const value = Number(digits) * (seconds[unit] ?? Number.NaN);
	return value <= longestSeconds ? value : undefined;
};

/** How a bound of a unit is written, for a sentence. */
export const boundForms: Readonly<Record<Threshold['unit'], string>> = {
	seconds: 'is written like "90s", "15m for 2m" or "off"',
	percent: 'is written like "80%", "10% for 5m" or "off"',
	count: 'is written like 3, "1 for 2m" or "off"',
};

/** `15m for 2m`, `80%`, `3`, `off` (null) as a bound; undefined when it is none of this unit. */
export function parseBound(given: unknown, unit: Threshold['unit']): Bound | null | undefined {
	const text = typeof given === 'number' && unit !== 'seconds' ? String(given) : given;
	if (typeof text !== 'string') return undefined;
	if (text === 'off') return null;
	const [value = '', duration, ...rest] = text.split(' for ');
	const forSeconds = duration === undefined ? 0 : secondsOf(duration);
	const at = unit === 'seconds' ? secondsOf(value) : numberOf(value, unit);
	if (rest.length > 0 || at === undefined || forSeconds === undefined) return undefined;
	return { at, forMs: forSeconds * 1000 };
}

function numberOf(text: string, unit: 'percent' | 'count'): number | undefined {
	if (unit === 'count') return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
	const percent = /^(\d{1,3}(?:\.\d+)?)%?$/.exec(text)?.[1];
	return percent !== undefined && Number(percent) <= 100 ? Number(percent) : undefined;
}

/** {@link parseBound}'s other way round. */
export function formatBound(bound: Bound | undefined, unit: Threshold['unit']): string {
	if (bound === undefined) return 'off';
	const at =
		unit === 'seconds' ? duration(bound.at) : unit === 'percent' ? `${bound.at}%` : `${bound.at}`;
	return bound.forMs === 0 ? at : `${at} for ${duration(bound.forMs / 1000)}`;
}

/** In the largest unit that loses nothing: 60 s are 1m, 90 s stay 90s. */
function duration(value: number): string {
	const unit =
		value === 0 ? 's' : ['d', 'h', 'm'].find((each) => value % (seconds[each] ?? 1) === 0);
	return unit === undefined || unit === 's'
		? `${value}s`
		: `${value / (seconds[unit] ?? 1)}${unit}`;
}

/** The bounds that a checked part of the file gives. */
export function givenThresholds(given: Readonly<Record<string, unknown>>): GivenThresholds {
	const signals = Object.entries((given.thresholds ?? {}) as Readonly<Record<string, object>>);
	return Object.fromEntries(
		signals.map(([signal, bounds]) => {
			const { unit } = defaultThresholds[signal as SignalName];
			const parsed = Object.entries(bounds).map(([level, each]) => [level, parseBound(each, unit)]);
			return [signal, Object.fromEntries(parsed)];
		}),
	);
}

/** The defaults with what is given in their place, the last of `layers` first to be asked. */
export function mergeThresholds(layers: readonly GivenThresholds[]): Thresholds {
	const merged = signalNames.map((signal) => {
		const { warn, critical, ...rest } = defaultThresholds[signal];
		const before: { [Name in Level]?: Bound | null | undefined } = { warn, critical };
		const bounds = Object.assign(before, ...layers.map((layer) => layer[signal])) as typeof before;
		const kept = levels.flatMap((level) => (bounds[level] ? [[level, bounds[level]]] : []));
		return [signal, { ...rest, ...Object.fromEntries(kept) }];
	});
	return Object.fromEntries(merged);
}

/** Signals whose warning would come after they are critical. */
export const disorderedSignals = (thresholds: Thresholds): readonly SignalName[] =>
	signalNames.filter((signal) => {
		const { warn, critical } = thresholds[signal];
		return warn !== undefined && critical !== undefined && warn.at > critical.at;
	});
