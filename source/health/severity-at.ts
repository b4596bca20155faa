import type { Cell } from '../sampling/reading.ts';
import type { Threshold } from './thresholds.ts';
import type { Severity } from './verdict.ts';

/**
 * How bad the value of one row is by the bounds of a signal; how long it has been so is left aside,
 * since a row is looked at once.
 * @param value in the unit of the bounds; null or absent: there is none, which is well
 */
export function severityAt(
	{ warn, critical }: Pick<Threshold, 'warn' | 'critical'>,
	value: Cell | undefined,
): Severity {
	if (value === null || value === undefined) return 'ok';
	if (critical !== undefined && Number(value) >= critical.at) return 'critical';
	return warn !== undefined && Number(value) >= warn.at ? 'warn' : 'ok';
}
