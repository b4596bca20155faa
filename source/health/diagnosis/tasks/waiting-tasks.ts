import type { DiagnosisInput } from '../check.ts';

/**
 * How bad it is that a ready task has waited so long. A threshold with a duration is taken as
 * reached by a task that was there for both, so that one look is enough.
 */
export function waiting(
	{ thresholds }: DiagnosisInput,
	oldestSeconds: number,
): 'warn' | 'critical' | undefined {
	const { warn, critical } = thresholds['oldest-ready-task'];
	if (critical && oldestSeconds >= critical.at + critical.forMs / 1000) return 'critical';
	return warn && oldestSeconds >= warn.at + warn.forMs / 1000 ? 'warn' : undefined;
}
