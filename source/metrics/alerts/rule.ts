/** How loud an alert is: `critical` wakes somebody. */
export type AlertSeverity = 'warning' | 'critical';

/** One Prometheus alerting rule. */
export type AlertRule = {
	/** The group it belongs to. */
	readonly group: string;
	readonly alert: string;
	readonly expr: string;
	readonly forSeconds: number;
	readonly severity: AlertSeverity;
	/** One line; may use `{{ $labels.x }}` and `{{ $value }}`. */
	readonly summary: string;
	/** What it means and what to do. */
	readonly description: string;
	/** The signal of the console that it repeats; absent: of section or self. */
	readonly signal?: string;
};

/** `45s`, `5m`, `1h`, `5d`: the largest unit that loses nothing. */
export function promDuration(seconds: number): string {
	for (const [size, unit] of [
		[86_400, 'd'],
		[3600, 'h'],
		[60, 'm'],
	] as const) {
		if (seconds >= size && seconds % size === 0) return `${seconds / size}${unit}`;
	}
	return `${seconds}s`;
}
