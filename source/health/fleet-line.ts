import { formatAge } from '../lib/format.ts';
import type { Maybe } from '../sampling/panel-data.ts';
import { leasesOf, rollupsOf, tasksOf } from '../sampling/panels.ts';
import type { Report } from './monitor.ts';
import type { Severity } from './verdict.ts';

/** One target of several in one line. */
export type FleetLine = {
	readonly severity: Severity;
	/** The worst problem, why there is no answer, or that all is clear; sanitised. */
	readonly sentence: string;
	/** How far the rollup that is furthest behind is behind; null: there is nothing to roll up. */
	readonly lagSeconds: Maybe<number | null>;
	/** Tasks and runs that wait; undefined: unknown. */
	readonly queued: Maybe<number>;
	/** Of the newest answer; undefined: there was none. */
	readonly ageSeconds: Maybe<number>;
};

/** What is said of a target before anything is known. */
export const notAskedYet: FleetLine = {
	severity: 'unknown',
	sentence: 'not asked yet',
	lagSeconds: undefined,
	queued: undefined,
	ageSeconds: undefined,
};

/**
 * A report in one line.
 * @param now the clock by which the snapshot was dated, in ms since the epoch
 * @param patienceMs an answer that is older than this is no news of now
 */
export function fleetLine(
	{ snapshot, verdicts }: Pick<Report, 'snapshot' | 'verdicts'>,
	now: number,
	patienceMs: number,
): FleetLine {
	const { connection, answeredAt, readings } = snapshot;
	const hasAnswered = readings.size > 0;
	const ageMs = Math.max(0, now - answeredAt);
	const numbers = {
		lagSeconds: hasAnswered ? lagOf(snapshot) : undefined,
		queued: hasAnswered ? queuedOf(snapshot) : undefined,
		ageSeconds: hasAnswered ? ageMs / 1000 : undefined,
	};
	if (connection.kind === 'lost') {
		return { ...numbers, severity: 'critical', sentence: connection.sentence };
	}
	if (connection.kind === 'connecting' || !hasAnswered) {
		const since = formatAge(Math.max(0, now - connection.since) / 1000);
		return { ...numbers, severity: 'unknown', sentence: `no answer yet, for ${since}` };
	}
	if (ageMs > patienceMs) {
		const sentence = `no answer for ${formatAge(ageMs / 1000)}`;
		return { ...numbers, severity: 'unknown', sentence };
	}
	const worst = verdicts[0];
	if (worst === undefined || worst.severity === 'ok') {
		return { ...numbers, severity: 'ok', sentence: 'all clear' };
	}
	const unknown = `${worst.signal.replaceAll('-', ' ')} is unknown`;
	const sentence = worst.severity === 'unknown' ? unknown : worst.sentence;
	return { ...numbers, severity: worst.severity, sentence };
}

function lagOf(snapshot: Report['snapshot']): Maybe<number | null> {
	const { isPresent, data } = rollupsOf(snapshot);
	if (!isPresent) return null;
	const lags = data.map(({ dataLagSeconds }) => dataLagSeconds);
	const known = lags.filter((lag) => typeof lag === 'number');
	if (known.length > 0) return Math.max(...known);
	return lags.includes(null) ? null : undefined;
}

function queuedOf(snapshot: Report['snapshot']): Maybe<number> {
	const tasks = tasksOf(snapshot);
	const counts = tasks.isPresent ? tasks.data.sources.map(({ queued }) => queued) : [];
	const known = [...counts, leasesOf(snapshot).data.ready].filter((count) => count !== undefined);
	return known.length === 0
		? undefined
		: known.reduce<number>((sum, count) => sum + Number(count), 0);
}
