import type { SignalName, Threshold } from '../../health/thresholds.ts';
import { type AlertRule, promDuration } from './rule.ts';
import { signalRules } from './signal-rules.ts';

/**
 * What those who run the lease queue already alert on, in their own numbers: a backlog, and the wait
 * of the oldest, which takes the place of the console's own warning.
 */
const leaseRules: readonly AlertRule[] = [
	{
		group: 'leases',
		alert: 'TidemarkLeaseBacklog',
		expr: 'xyn_queue_ready_depth > 100',
		forSeconds: 300,
		severity: 'warning',
		summary: '{{ $value }} runs are ready and wait',
		description:
			'More than the workers can take: see whether the oldest waits long, and add workers.',
	},
	{
		group: 'leases',
		alert: 'TidemarkRunsWait',
		expr: 'xyn_queue_oldest_ready_seconds > 300',
		forSeconds: 300,
		severity: 'warning',
		summary: 'The oldest ready run has waited {{ $value | humanizeDuration }}',
		description: 'Workers are missing, slow or stuck: compare ready, active and expired leases.',
		signal: 'oldest-ready-run',
	},
];

/** The monitor itself: while one of these fires, silence of the others means nothing. */
const selfRules: readonly AlertRule[] = [
	{
		group: 'self',
		alert: 'TidemarkDatabaseDown',
		// One that is slow has answered since the scrape before.
		expr: 'tidemark_up == 0 unless tidemark_last_sample_age_seconds <= 60',
		forSeconds: 120,
		severity: 'critical',
		summary: 'tidemark on {{ $labels.instance }} gets no answer from its database',
		description:
			'Last values stay for 5 m, then they are absent. Its log names the class of failure.',
	},
	{
		group: 'self',
		alert: 'TidemarkStale',
		expr: 'tidemark_last_sample_age_seconds > 180',
		forSeconds: 60,
		severity: 'critical',
		summary: 'The newest sample of {{ $labels.instance }} is {{ $value | humanizeDuration }} old',
		description: 'What the other rules see is that old.',
	},
	{
		group: 'self',
		alert: 'TidemarkSamplerStale',
		expr: 'tidemark_sampler_age_seconds > 300 and on (job, instance) tidemark_up == 1',
		forSeconds: 60,
		severity: 'warning',
		summary: 'The values of {{ $labels.sampler }} are {{ $value | humanizeDuration }} old',
		description:
			'The database answers, but this sampler has no new values; tidemark check --self says why.',
	},
	{
		group: 'self',
		alert: 'TidemarkSamplerDenied',
		expr: 'tidemark_sampler_available{reason="denied"} == 0',
		forSeconds: 300,
		severity: 'warning',
		summary: 'The role of {{ $labels.instance }} may not read what {{ $labels.sampler }} needs',
		description:
			'What it feeds is absent, and its alerts are silent: tidemark check --self names the grant, tidemark roles has all of them.',
	},
	{
		group: 'self',
		alert: 'TidemarkSamplerGone',
		// A series without a reason: the sampler was asked.
		expr: 'tidemark_sampler_available{reason="absent"} == 0 and on (job, instance, sampler) max_over_time(tidemark_sampler_available{reason=""}[1d]) == 1',
		forSeconds: 300,
		severity: 'warning',
		summary:
			'What {{ $labels.sampler }} reads is no longer in the database of {{ $labels.instance }}',
		description:
			'A table, a column or a function went within the last day, and the alerts on it are silent: see tidemark once. A schema that changed on purpose needs nothing; this ends after a day.',
	},
	{
		group: 'self',
		alert: 'TidemarkAbsent',
		// Each target that has been a tidemark within a week; where there is none, that there is none.
		expr: '(up == 0 and on (job, instance) max_over_time(tidemark_up[7d])) or on () absent(tidemark_up)',
		forSeconds: 300,
		severity: 'critical',
		summary:
			'{{ with $labels.instance }}tidemark on {{ . }} can no longer be scraped{{ else }}No tidemark is scraped{{ end }}',
		description: 'Nobody watches: start tidemark serve, or mend the scrape configuration.',
	},
	{
		group: 'self',
		alert: 'TidemarkQueriesFail',
		expr: `increase(multica_business_sampler_query_errors_total[15m]) > 3`,
		forSeconds: 60,
		severity: 'warning',
		summary:
			'The sampler query {{ $labels.name }} failed {{ $value | printf "%.0f" }} times in 15 m',
		description: 'Failures in between successes: near its time limit, or a lock in its way.',
	},
];

/** All rules, by group. */
export function alertRules(thresholds?: Readonly<Record<SignalName, Threshold>>): AlertRule[] {
	const own = new Set(leaseRules.map(({ alert, severity }) => `${alert} ${severity}`));
	const signals = signalRules(thresholds).filter(
		({ alert, severity }) => !own.has(`${alert} ${severity}`),
	);
	return [...selfRules, ...leaseRules, ...signals];
}

/** The rules as a file that Prometheus loads. Every text is a JSON string, which YAML reads as one. */
export function alertFile(rules: readonly AlertRule[], version: string): string {
	const groups = Map.groupBy(rules, ({ group }) => group);
	const lines = [
		`# Prometheus rules of tidemark ${version}: tidemark alerts > tidemark.rules.yml`,
		'# The numbers are those of the console; what holds for less than 30s is left out.',
		'groups:',
	];
	for (const [group, members] of groups) {
		lines.push(`  - name: tidemark-${group}`, '    rules:');
		for (const rule of members) lines.push(...ruleLines(rule));
	}
	return `${lines.join('\n')}\n`;
}

const ruleLines = ({
	alert,
	expr,
	forSeconds,
	severity,
	signal,
	summary,
	description,
}: AlertRule) => [
	`      - alert: ${alert}`,
	`        expr: ${JSON.stringify(expr)}`,
	`        for: ${promDuration(forSeconds)}`,
	`        labels:`,
	`          severity: ${severity}`,
	...(signal ? [`          signal: ${signal}`] : []),
	`        annotations:`,
	`          summary: ${JSON.stringify(summary)}`,
	`          description: ${JSON.stringify(description)}`,
];
