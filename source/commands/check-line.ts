import type { Measurement } from '../health/measurement.ts';
import { defaultThresholds, type SignalName, type Threshold } from '../health/thresholds.ts';
import { type Severity, type Verdict, worstOf } from '../health/verdict.ts';
import { clip, sanitise } from '../lib/text.ts';

/** The words of the monitoring plugins' guidelines, from best to worst as they count. */
export type CheckStatus = 'OK' | 'UNKNOWN' | 'WARNING' | 'CRITICAL';

const words: Readonly<Record<Severity, CheckStatus>> = {
	ok: 'OK',
	unknown: 'UNKNOWN',
	warn: 'WARNING',
	critical: 'CRITICAL',
};

/** The worst of the verdicts; unknown is worse than ok and never hides what is wrong. */
export const statusOf = (verdicts: readonly Verdict[]): CheckStatus =>
	words[worstOf(verdicts.map(({ severity }) => severity))];

/** Longest text before the numbers, in columns: what an SMS or a table of services still shows. */
const longestText = 480;

/** `TIDEMARK CRITICAL - what is wrong; what else | signal=value;warn;critical …` on one line. */
export function checkLine(
	status: CheckStatus,
	sentences: readonly string[],
	measured: readonly Measurement[],
	thresholds: Readonly<Record<SignalName, Threshold>> = defaultThresholds,
): string {
	// A bar begins the numbers, so the text can't have one.
	const text = sanitise(sentences.join('; '), { maxLength: 2 * longestText }).replaceAll('|', '/');
	const numbers = measured.flatMap((each) => perfdata(each, thresholds[each.signal]));
	const head = `TIDEMARK ${status} - ${clip(text, longestText)}`;
	return numbers.length === 0 ? head : `${head} | ${numbers.join(' ')}`;
}

const units = { seconds: 's', percent: '%', count: '' } as const;

function perfdata(
	{ signal, subject, value, isLevel }: Measurement,
	{ unit, warn, critical }: Threshold,
): string[] {
	if (value === undefined || !Number.isFinite(value)) return [];
	const label = subject ? `${signal}_${subject.replace(/[^\w-]/g, '_')}` : signal;
	// The bounds of a level are about how long it has not fallen, not about its value.
	if (isLevel) return [`${label}=${value}`];
	const number = Number(value.toFixed(3));
	return [`${label}=${number}${units[unit]};${warn?.at ?? ''};${critical?.at ?? ''}`];
}
