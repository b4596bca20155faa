import {
	type Bound,
	defaultThresholds,
	type SignalName,
	signalNames,
	type Threshold,
} from '../../health/thresholds.ts';
import type { AlertRule, AlertSeverity } from './rule.ts';
import { type SignalRule, signalWords, subject, unlessWalked } from './signal-words.ts';

const plainRule = (signal: SignalName): SignalRule => ({
	group: 'signals',
	alert: `Tidemark${signal.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())}`,
	summary: `${signal.replaceAll('-', ' ')} (${subject}) is at {{ $value }}`,
	description: 'tidemark shows and diagnoses it.',
});

/** One evaluation is none: a state that a single scrape has seen may be over. In seconds. */
export const shortestForSeconds = 30;

/** A rule for each bound of each signal. */
export const signalRules = (
	thresholds: Readonly<Record<SignalName, Threshold>> = defaultThresholds,
): AlertRule[] =>
	signalNames.flatMap((signal) => {
		const { warn, critical, isOfRows } = thresholds[signal];
		if (isOfRows) return [];
		return [
			...(warn ? [ruleOf(signal, warn, 'warning')] : []),
			...(critical ? [ruleOf(signal, critical, 'critical')] : []),
		];
	});

function ruleOf(signal: SignalName, bound: Bound, severity: AlertSeverity): AlertRule {
	const { metric, condition, excusedBy, ...rule } = signalWords[signal] ?? plainRule(signal);
	const series = metric ?? `tidemark_signal_value{signal="${signal}"}`;
	const expr = condition?.(bound) ?? `${series} >= ${bound.at}`;
	return {
		...rule,
		signal,
		severity,
		expr: excusedBy ? `${expr} ${unlessWalked[excusedBy]}` : expr,
		forSeconds: Math.max(bound.forMs / 1000, shortestForSeconds),
	};
}

/** The metric that a signal's bounds are about, for the board: only where it is one series by name. */
export const signalMetrics: ReadonlyMap<string, SignalName> = new Map(
	Object.entries(signalWords).flatMap(([signal, { metric }]) => {
		const name = /\b(?:tidemark|xyn|multica)_\w+/.exec(metric ?? '')?.[0];
		return name && !metric?.includes(' / ') ? [[name, signal as SignalName]] : [];
	}),
);
