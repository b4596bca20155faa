import type { Measurement } from './measurement.ts';
import { type Bound, type SignalName, signalNames, type Threshold } from './thresholds.ts';
import { bySeverity, type Severity, type Verdict, verdictKey } from './verdict.ts';

/** What must be remembered of one measurement between two snapshots; server clock, ms. */
type Memory = {
	readonly warnSince: number | undefined;
	readonly criticalSince: number | undefined;
	readonly level: number | undefined;
	readonly notFallenSince: number;
	readonly severity: Severity;
	readonly since: number;
};

/** The memory of all measurements, by signal and subject. */
export type Memories = ReadonlyMap<string, Memory>;

/** The verdicts of one snapshot, worst first, causes before what they bring about, and the memory for the next. */
export type Judgement = { readonly verdicts: readonly Verdict[]; readonly memories: Memories };

/**
 * Holds each measurement against its threshold. A bound with a duration counts only when it has
 * been reached without a break for that long; an unknown value breaks nothing and proves nothing.
 * @param at the server's clock, ms since the epoch
 */
export function judge(
	measurements: readonly Measurement[],
	memories: Memories,
	thresholds: Readonly<Record<SignalName, Threshold>>,
	at: number,
): Judgement {
	const next = new Map<string, Memory>();
	const verdicts: Verdict[] = [];
	for (const measurement of measurements) {
		const key = verdictKey(measurement);
		const threshold = thresholds[measurement.signal];
		const memory = remember(measurement, memories.get(key), threshold, at);
		next.set(key, memory);
		const { signal, subject, panel } = measurement;
		const { severity, since } = memory;
		const seconds = (at - memory.notFallenSince) / 1000;
		const sentence = measurement.sentence(severity, seconds);
		const excuse = measurement.isExcused === true && ({ isExcused: true } as const);
		verdicts.push({ signal, subject, panel, severity, ...excuse, sentence, since });
	}
	verdicts.sort(
		(a, b) =>
			bySeverity(a.severity, b.severity) || causeRank(a) - causeRank(b) || a.since - b.since,
	);
	return { verdicts, memories: next };
}

function remember(
	{ value, isLevel, isExcused }: Measurement,
	before: Memory | undefined,
	threshold: Threshold,
	at: number,
): Memory {
	const hasFallen = value !== undefined && (value <= 0 || value < (before?.level ?? 0));
	const notFallenSince = hasFallen || !before ? at : before.notFallenSince;
	const judged = isLevel && value !== undefined ? (at - notFallenSince) / 1000 : value;
	// A level of nothing is well, however long it has stayed so.
	const isQuiet = isExcused === true || (isLevel === true && value !== undefined && value <= 0);
	const reached = (bound: Bound | undefined, since: number | undefined) => {
		if (!bound || isQuiet) return undefined;
		if (judged === undefined) return since;
		return judged >= bound.at && judged >= 0 ? (since ?? at) : undefined;
	};
	const warnSince = reached(threshold.warn, before?.warnSince);
	const criticalSince = reached(threshold.critical, before?.criticalSince);
	const holds = (bound: Bound | undefined, since: number | undefined) =>
		bound !== undefined && since !== undefined && at - since >= bound.forMs;
	const severity: Severity =
		judged === undefined
			? 'unknown'
			: holds(threshold.critical, criticalSince)
				? 'critical'
				: holds(threshold.warn, warnSince)
					? 'warn'
					: 'ok';
	const since = before?.severity === severity ? before.since : at;
	const level = value ?? before?.level;
	return { warnSince, criticalSince, level, notFallenSince, severity, since };
}

const causeRank = ({ signal }: Verdict): number => signalNames.indexOf(signal);
