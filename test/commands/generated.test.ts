import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { builtInCatalog } from '../../source/catalog/built-in.ts';
import { alerts } from '../../source/commands/alerts.ts';
import { completion } from '../../source/commands/completion.ts';
import { dashboard } from '../../source/commands/dashboard.ts';
import { flags, flagText } from '../../source/commands/flags.ts';
import { commandHelp, helpText } from '../../source/commands/help.ts';
import { commands } from '../../source/commands/registry.ts';
import { roles } from '../../source/commands/roles.ts';
import { defaultThresholds, signalNames } from '../../source/health/thresholds.ts';
import { alertRules } from '../../source/metrics/alerts/alert-rules.ts';
import { unlessWalked } from '../../source/metrics/alerts/signal-words.ts';
import { reservedNames } from '../../source/metrics/exporter.ts';
import { planFamilies } from '../../source/metrics/sampler-families.ts';
import { samplerFolder } from '../support/sampling.ts';
import { runCommand } from './run-command.ts';

const cleanups: (() => unknown)[] = [];
afterEach(() => {
	for (const cleanup of cleanups.splice(0)) cleanup();
});

const { samplers } = builtInCatalog();
const { families, faults } = planFamilies(samplers, reservedNames);
const exposed = new Set([...reservedNames, ...families.map(({ name }) => name)]);

/** The metrics that an expression names. */
const metricsOf = (expr: string): string[] =>
	[...expr.matchAll(/\b(?:tidemark|multica|xyn)_\w+/g)].map(([name]) =>
		exposed.has(name) ? name : name.replace(/_(?:bucket|count|sum)$/, ''),
	);

test('the catalog that ships has no metric that can not be exposed', () => {
	expect(faults).toEqual([]);
});

test('docs/metrics.md names every metric there is, and no other', () => {
	const text = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
	const named = [...text.matchAll(/^\| `((?:tidemark|multica|xyn|process)_\w+)` /gm)];
	expect(named.map(([, name]) => name).toSorted()).toEqual([...exposed].toSorted());
});

describe('the alerts', () => {
	const rules = alertRules();

	test('name only metrics that there are', () => {
		for (const { alert, expr } of rules) {
			expect(metricsOf(expr).length, alert).toBeGreaterThan(0);
			for (const name of metricsOf(expr)) expect(exposed, `${alert}: ${name}`).toContain(name);
		}
	});

	test('are one for each bound of each threshold, and no two are the same', () => {
		const keys = rules.map(({ alert, severity }) => `${alert} ${severity}`);
		expect(new Set(keys).size).toBe(keys.length);
		for (const signal of signalNames) {
			const { warn, critical, isOfRows } = defaultThresholds[signal];
			const found = rules.filter((rule) => rule.signal === signal).map(({ severity }) => severity);
			expect(found.toSorted(), signal).toEqual([
				...(critical && !isOfRows ? ['critical'] : []),
				...(warn && !isOfRows ? ['warning'] : []),
			]);
		}
	});

	test('follow the thresholds they are given', () => {
		const changed = {
			...defaultThresholds,
			'rollup-data-lag': {
				unit: 'seconds',
				source: 'judgement',
				critical: { at: 77, forMs: 600_000 },
			},
		} as const;
		const found = alertRules(changed).filter(({ signal }) => signal === 'rollup-data-lag');
		expect(found).toMatchObject([
			{
				expr: `tidemark_rollup_data_lag_seconds >= 77 ${unlessWalked.pipeline}`,
				forSeconds: 600,
				severity: 'critical',
			},
		]);
	});

	test('are the four that lease queues have, in their own numbers', async () => {
		const four = Object.fromEntries(
			rules
				.filter(({ group }) => group === 'leases')
				.map(({ alert, severity, expr, forSeconds }) => [
					`${alert} ${severity}`,
					`${expr} for ${forSeconds}`,
				]),
		);
		expect(four).toMatchObject({
			'TidemarkLeaseBacklog warning': 'xyn_queue_ready_depth > 100 for 300',
			'TidemarkRunsWait warning': 'xyn_queue_oldest_ready_seconds > 300 for 300',
			// A run that was planned long ahead has waited since it was due.
			'TidemarkRunsWait critical': 'tidemark_signal_value{signal="oldest-ready-run"} >= 900 for 30',
			'TidemarkExpiredLeases critical': 'xyn_running_with_expired_lease >= 1 for 120',
			'TidemarkNoActiveWorkers critical':
				'xyn_queue_ready_depth >= 1 and xyn_running_with_active_lease == 0 for 300',
		});
	});

	test('are printed as YAML with JSON strings', async () => {
		const { out, status } = await runCommand(alerts);
		expect(status).toBe(0);
		expect(out).toContain(`      - alert: TidemarkDatabaseDown
        expr: "tidemark_up == 0 unless tidemark_last_sample_age_seconds <= 60"
        for: 2m
        labels:
          severity: critical
        annotations:
`);
		expect(out.match(/^ {6}- alert: /gm)).toHaveLength(rules.length);
	});
});

type BoardPanel = {
	readonly id: number;
	readonly type: string;
	readonly title: string;
	readonly gridPos: {
		readonly x: number;
		readonly y: number;
		readonly w: number;
		readonly h: number;
	};
	readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
};

describe('the board', () => {
	const printed = async (folders: readonly string[] = []) => {
		const { out } = await runCommand(dashboard, { flags: { samplers: [...folders] } });
		return JSON.parse(out) as { panels: readonly BoardPanel[]; templating: { list: object[] } };
	};

	test('has a graph of every metric, and no other metric', async () => {
		const { panels } = await printed();
		const named = panels.flatMap(({ targets = [] }) =>
			targets.flatMap(({ expr }) => metricsOf(expr)),
		);
		for (const name of named) expect(exposed).toContain(name);
		for (const { name } of families) expect(named, name).toContain(name);
	});

	test('shows of alerts also that of no instance: nothing is scraped', async () => {
		const { panels } = await printed();
		const [alerts] = panels.flatMap(({ type, targets = [] }) => (type === 'table' ? targets : []));
		const [, chosen = ''] = /instance=~"(.*)"/.exec(alerts?.expr ?? '') ?? [];
		const lets = new RegExp(`^(?:${chosen.replace('$instance', '(db-1:9788|db-2:9788)')})$`);
		expect(['db-2:9788', '', 'other:1'].map((each) => lets.test(each))).toEqual([
			true,
			true,
			false,
		]);
	});

	test('puts no panel over another', async () => {
		const { panels } = await printed();
		expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
		const cells = new Set<string>();
		for (const { title, gridPos } of panels) {
			expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
			for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
				for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
					expect(cells.has(`${x} ${y}`), `${title} at ${x} ${y}`).toBe(false);
					cells.add(`${x} ${y}`);
				}
			}
		}
	});

	test("draws the console's thresholds as lines", async () => {
		const { panels } = await printed();
		const lag = panels.find(({ targets }) =>
			targets?.[0]?.expr.startsWith('tidemark_rollup_data_lag_seconds'),
		);
		expect(lag).toMatchObject({
			type: 'timeseries',
			targets: [{ legendFormat: '{{pipeline}}' }],
			fieldConfig: {
				defaults: {
					unit: 's',
					thresholds: { steps: [{ color: 'green' }, { value: 900 }, { value: 3600 }] },
				},
			},
		});
	});

	test("has a row for a user's own samplers", async () => {
		const folder = samplerFolder({
			jobs: `-- columns: queue text, jobs integer
-- metric: own_jobs
-- labels: queue
-- value: jobs
-- help: jobs
select 'q' as queue, 1 as jobs`,
		});
		cleanups.push(folder.remove);
		const { panels } = await printed([folder.path]);
		const at = panels.findIndex(({ type, title }) => type === 'row' && title === 'own');
		expect(panels[at + 1]?.targets?.[0]).toMatchObject({
			expr: 'own_jobs{instance=~"$instance"}',
			legendFormat: '{{queue}}',
		});
	});
});

test('roles prints the SQL as it is', async () => {
	const { out } = await runCommand(roles);
	expect(out).toBe(readFileSync(new URL('../../sql/roles.sql', import.meta.url), 'utf8'));
});

describe('help', () => {
	test.each(Object.entries(commands))(
		'of %s shows its usage, flags and examples',
		(name, entry) => {
			const text = commandHelp(entry);
			expect(text.startsWith(`Usage\n  tidemark ${name}`)).toBe(true);
			for (const flag of entry.flags ?? []) {
				expect(flags).toHaveProperty(flag);
				expect(text).toMatch(new RegExp(`^  ${flagText(flag)}\\b`, 'm'));
			}
			expect(entry.examples.length).toBeGreaterThan(0);
			for (const example of entry.examples) {
				expect(example).toMatch(new RegExp(`\\btidemark ${name}\\b`));
				// What an example shows must be there.
				for (const [, shown = ''] of example.matchAll(/ --([a-z-]+)/g)) {
					expect(Object.keys(flags).map(flagText), example).toContain(`--${shown}`);
				}
			}
		},
	);

	test('lists every command', () => {
		for (const { usage } of Object.values(commands)) expect(helpText()).toContain(usage);
	});
});

describe('completion', () => {
	const complete = async (...words: string[]): Promise<string[]> => {
		const { out } = await runCommand(completion, { args: ['bash'] });
		const line = ['tidemark', ...words];
		const script = `${out}
complete -p tidemark > /dev/null || exit 1
COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _tidemark; printf '%s\\n' "\${COMPREPLY[@]}"`;
		const { stdout } = await promisify(execFile)('bash', ['-c', script, 'bash', ...line]);
		return stdout.trim().split('\n').filter(Boolean);
	};

	test('knows commands, flags and values in bash', async () => {
		expect(await complete('se')).toEqual(['serve']);
		expect(await complete('')).toEqual(expect.arrayContaining(Object.keys(commands)));
		expect(await complete('serve', '--log')).toEqual(['--log-format']);
		expect(await complete('serve', '--log-format', '')).toEqual(['text', 'json']);
		expect(await complete('once', '--pa')).toEqual(['--pack', '--panel']);
		expect(await complete('once', '--interval', '')).toEqual([]);
		expect(await complete('completion', '')).toEqual(
			expect.arrayContaining(['bash', 'zsh', 'fish']),
		);
		expect(await complete('--metr')).toEqual(['--metrics', '--metrics-token-file']);
	});

	test.each(['bash', 'zsh', 'fish'])('tells %s every flag of every command', async (shell) => {
		const { out } = await runCommand(completion, { args: [shell] });
		for (const [name, entry] of Object.entries(commands)) {
			expect(out).toMatch(new RegExp(`\\b${name}\\b`));
			for (const flag of entry.flags ?? []) {
				const text = flagText(flag);
				expect(out).toContain(shell === 'fish' ? `-l ${text.slice(2)} ` : text);
			}
		}
	});

	test('says which shells there are', async () => {
		await expect(runCommand(completion, { args: ['tcsh'] })).rejects.toThrow(
			'tidemark completion takes one of bash, zsh, fish; it is "tcsh"',
		);
	});
});
