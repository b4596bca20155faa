import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alertFile, alertRules } from '../../source/metrics/alerts/alert-rules.ts';
import { promDuration } from '../../source/metrics/alerts/rule.ts';
import { caseOf } from './rule-cases.ts';

const run = promisify(execFile);
const rules = alertRules();
const folder = mkdtempSync(join(tmpdir(), 'tidemark-rules-'));

beforeAll(() => writeFileSync(join(folder, 'rules.yml'), alertFile(rules, 'test')));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs promtool's unit tests; JSON is YAML. */
async function promtool(tests: readonly object[]): Promise<string> {
	const file = join(folder, 'tests.json');
	const evaluation = { rule_files: ['rules.yml'], evaluation_interval: '15s', tests };
	writeFileSync(file, JSON.stringify(evaluation));
	return run('promtool', ['test', 'rules', file]).then(
		({ stdout }) => stdout,
		(error: { stdout: string; stderr: string }) => `${error.stdout}${error.stderr}`,
	);
}

test('promtool finds no fault in the rules', async () => {
	const { stdout } = await run('promtool', [
		'check',
		'rules',
		'--lint-fatal',
		join(folder, 'rules.yml'),
	]);
	expect(stdout).toContain(`SUCCESS: ${rules.length} rules found`);
});

test.each(rules.map((rule) => [rule.alert, rule.severity, rule] as const))(
	'%s (%s) fires when it should, not before, and not otherwise',
	async (alert, severity, rule) => {
		const { firing, silent, afterSeconds } = caseOf(rule);
		const query = `count(ALERTS{alertname="${alert}",severity="${severity}",alertstate="firing"})`;
		const at = (seconds: number, isFiring: boolean) => ({
			expr: query,
			eval_time: promDuration(seconds),
			exp_samples: isFiring ? [{ labels: '{}', value: 1 }] : [],
		});
		const begins = afterSeconds + rule.forSeconds;
		const out = await promtool([
			{
				interval: '15s',
				input_series: firing,
				promql_expr_test: [at(begins - 15, false), at(begins + 30, true)],
			},
			...silent.map((series) => ({
				interval: '15s',
				input_series: series,
				promql_expr_test: [at(begins + 30, false), at(2 * begins + 600, false)],
			})),
		]);
		expect(out).toContain('SUCCESS');
		expect(out).not.toContain('FAILED');
	},
	180_000,
);

test('a summary names the pipeline and says the number as people do', async () => {
	const labels = { job: 'tidemark', instance: 'a', pipeline: 'hourly' };
	const out = await promtool([
		{
			interval: '15s',
			input_series: [
				{
					series: 'tidemark_rollup_data_lag_seconds{job="tidemark",instance="a",pipeline="hourly"}',
					values: '11520x40',
				},
			],
			alert_rule_test: [
				{
					eval_time: '5m',
					alertname: 'TidemarkRollupLag',
					exp_alerts: ['critical', 'warning'].map((severity) => ({
						exp_labels: { ...labels, severity, signal: 'rollup-data-lag' },
						exp_annotations: {
							summary: 'The hourly rollup is 3h 12m 0s behind the newest usage',
							description:
								'Dashboards show old numbers. tidemark diagnose says who should tick, and what is in the way.',
						},
					})),
				},
			],
		},
	]);
	expect(out).toContain('SUCCESS');
});

test('one of two that can not be scraped any more is missed, by its name', async () => {
	const of = (name: string, instance: string, values: string) => ({
		series: `${name}{job="tidemark",instance="${instance}"}`,
		values,
	});
	const out = await promtool([
		{
			interval: '15s',
			input_series: [
				of('tidemark_up', 'a', '1x100'),
				of('up', 'a', '1x100'),
				of('tidemark_up', 'b', '1x19 stale'),
				of('up', 'b', '1x19 0x80'),
			],
			alert_rule_test: [
				{ eval_time: '9m', alertname: 'TidemarkAbsent', exp_alerts: [] },
				{
					eval_time: '11m',
					alertname: 'TidemarkAbsent',
					exp_alerts: [
						{
							exp_labels: { job: 'tidemark', instance: 'b', severity: 'critical' },
							exp_annotations: {
								summary: 'tidemark on b can no longer be scraped',
								description:
									'Nobody watches: start tidemark serve, or mend the scrape configuration.',
							},
						},
					],
				},
			],
		},
		{
			interval: '15s',
			input_series: [of('other', 'a', '1x100')],
			alert_rule_test: [
				{
					eval_time: '11m',
					alertname: 'TidemarkAbsent',
					exp_alerts: [
						{
							exp_labels: { severity: 'critical' },
							exp_annotations: {
								summary: 'No tidemark is scraped',
								description:
									'Nobody watches: start tidemark serve, or mend the scrape configuration.',
							},
						},
					],
				},
			],
		},
	]);
	expect(out).toContain('SUCCESS');
});
