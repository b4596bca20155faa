/**
 * The signals that this program judges, by the name a configuration uses. Causes stand before what
 * they bring about: of two that are equally bad the earlier is said first.
 */
export const signalNames = [
	'connections',
	'replay-lag',
	'rollup-lock-idle',
	'rollup-lock-active',
	'rollup-lock-waiter',
	'no-runtime-for-work',
	'runtimes-silent',
	'runtime-heartbeat',
	'running-on-silent-runtime',
	'dispatched-not-started',
	'expired-lease',
	'expired-leases-remain',
	'no-active-lease',
	'not-draining',
	'oldest-ready-task',
	'oldest-ready-run',
	'rollup-watermark-ahead',
	'rollup-failed-runs',
	'rollup-stalled-runs',
	'rollup-run-age',
	'rollup-data-lag',
	'verify-still-wrong',
	'verify-wrong',
	'dirty-oldest',
	'dirty-rising',
	'oldest-transaction',
	'sampler-failing',
] as const;

/** One of the signals of {@link signalNames}. */
export type SignalName = (typeof signalNames)[number];

/** A bound: the value that must be reached, and for how long without a break. */
export type Bound = { readonly at: number; readonly forMs: number };

/** A signal's bounds; the unit of `at` is `unit`. */
export type Threshold = {
	readonly unit: 'seconds' | 'percent' | 'count';
	readonly warn?: Bound;
	readonly critical?: Bound;
	/** Product's own constants, the practice of other monitors, or judgement. */
	readonly source: 'product' | 'monitors' | 'judgement';
	/** It marks rows of a list one by one, and is no verdict and no alert. */
	readonly isOfRows?: true;
};

/** The thresholds of all signals. */
export type Thresholds = Readonly<Record<SignalName, Threshold>>;

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

const bound = (at: number, forSeconds = 0): Bound => ({ at, forMs: forSeconds * 1000 });

/** The defaults. Each can be overridden by configuration. */
export const defaultThresholds: Readonly<Record<SignalName, Threshold>> = {
	'oldest-ready-task': {
		unit: 'seconds',
		warn: bound(minute, 2 * minute),
		critical: bound(15 * minute),
		source: 'monitors',
	},
	'oldest-ready-run': {
		unit: 'seconds',
		warn: bound(minute, 2 * minute),
		critical: bound(15 * minute),
		source: 'monitors',
	},
	'not-draining': {
		unit: 'seconds',
		warn: bound(15 * minute),
		critical: bound(30 * minute),
		source: 'monitors',
	},
	'dispatched-not-started': {
		unit: 'seconds',
		warn: bound(minute),
		critical: bound(4 * minute),
		source: 'product',
	},
	'running-on-silent-runtime': {
		unit: 'seconds',
		warn: bound(150),
		critical: bound(30 * minute),
		source: 'product',
	},
	// Of each runtime: one machine that was switched off is no alarm, the share of them is.
	'runtime-heartbeat': {
		unit: 'seconds',
		warn: bound(105),
		critical: bound(150),
		source: 'product',
		isOfRows: true,
	},
	'runtimes-silent': {
		unit: 'percent',
		warn: bound(10, 5 * minute),
		critical: bound(50),
		source: 'judgement',
	},
	'no-runtime-for-work': { unit: 'count', critical: bound(1, minute), source: 'judgement' },
	'expired-lease': { unit: 'seconds', warn: bound(30), critical: bound(90), source: 'product' },
	'expired-leases-remain': { unit: 'count', critical: bound(1, 2 * minute), source: 'product' },
	'no-active-lease': { unit: 'count', critical: bound(1, 5 * minute), source: 'product' },
	'rollup-data-lag': {
		unit: 'seconds',
		warn: bound(15 * minute),
		critical: bound(hour),
		source: 'product',
	},
	'rollup-run-age': {
		unit: 'seconds',
		warn: bound(15 * minute),
		critical: bound(30 * minute),
		source: 'product',
	},
	'rollup-watermark-ahead': { unit: 'seconds', critical: bound(1), source: 'judgement' },
	'rollup-failed-runs': { unit: 'count', warn: bound(1), critical: bound(3), source: 'product' },
	'rollup-stalled-runs': { unit: 'count', warn: bound(2), critical: bound(4), source: 'judgement' },
	'rollup-lock-active': {
		unit: 'seconds',
		warn: bound(5 * minute),
		critical: bound(25 * minute),
		source: 'product',
	},
	'rollup-lock-idle': { unit: 'seconds', critical: bound(0), source: 'judgement' },
	'rollup-lock-waiter': { unit: 'seconds', warn: bound(5), critical: bound(10), source: 'product' },
	// Drift or ghosts that a first verification has found, and those that a second has found again.
	'verify-wrong': { unit: 'count', warn: bound(1), source: 'judgement' },
	'verify-still-wrong': { unit: 'count', critical: bound(1), source: 'judgement' },
	'dirty-oldest': {
		unit: 'seconds',
		warn: bound(30 * minute),
		critical: bound(5 * day),
		source: 'product',
	},
	'dirty-rising': {
		unit: 'seconds',
		warn: bound(15 * minute),
		critical: bound(hour),
		source: 'monitors',
	},
	'replay-lag': { unit: 'seconds', warn: bound(5), critical: bound(minute), source: 'monitors' },
	connections: { unit: 'percent', warn: bound(80), critical: bound(95), source: 'monitors' },
	'oldest-transaction': {
		unit: 'seconds',
		warn: bound(2 * minute),
		critical: bound(15 * minute),
		source: 'monitors',
	},
	'sampler-failing': { unit: 'count', warn: bound(1), critical: bound(3), source: 'monitors' },
};
