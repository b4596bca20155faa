import type { Sampler } from '../../catalog/sampler.ts';
import { defaultThresholds, type SignalName, type Threshold } from '../../health/thresholds.ts';
import { signalMetrics } from '../alerts/signal-rules.ts';
import { type FamilyPlan, planFamilies } from '../sampler-families.ts';
import { filter, graph, selfRow, stateRow } from './own-rows.ts';
import { datasource, grafanaPanel, type Panel, type Row } from './panel.ts';

/** The rows of the board in the order in which one triages: that of the console's panels. */
const panelTitles: Readonly<Record<string, string>> = {
	tasks: 'Tasks',
	runtimes: 'Runtimes',
	rollups: 'Rollups',
	dirty: 'Dirty queues',
	activity: 'Activity',
	leases: 'Leases',
	database: 'Database',
};

/**
 * A Grafana board over the metrics of a catalog: one row a panel of the console, one graph a metric,
 * the console's thresholds as lines. Import it and choose a Prometheus.
 */
export function board(
	samplers: readonly Sampler[],
	version: string,
	thresholds: Readonly<Record<SignalName, Threshold>> = defaultThresholds,
): object {
	const { families } = planFamilies(samplers, new Set());
	const byPanel = Map.groupBy(families, ({ sources }) => sources[0]?.sampler.panel ?? '');
	const others = [...byPanel.keys()].filter((panel) => !Object.hasOwn(panelTitles, panel));
	const rows: Row[] = [
		stateRow,
		...[...Object.keys(panelTitles), ...others].flatMap((panel) => {
			const members = byPanel.get(panel);
			return members
				? [
						{
							title: panelTitles[panel] ?? panel,
							panels: members.map((each) => familyPanel(each, thresholds)),
						},
					]
				: [];
		}),
		selfRow,
	];
	return {
		title: 'tidemark',
		uid: 'tidemark',
		tags: ['tidemark', 'postgres'],
		description: `Made by tidemark ${version} dashboard.`,
		schemaVersion: 39,
		editable: true,
		refresh: '30s',
		time: { from: 'now-3h', to: 'now' },
		timezone: 'browser',
		templating: { list: variables },
		panels: placed(rows),
	};
}

const variables = [
	{ name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
	{
		name: 'instance',
		type: 'query',
		datasource,
		query: { query: 'label_values(tidemark_up, instance)', refId: 'instance' },
		refresh: 2,
		includeAll: true,
		multi: true,
		current: { text: 'All', value: '$__all' },
	},
];

function familyPanel(
	{ name, help, type, sources }: FamilyPlan,
	thresholds: Readonly<Record<SignalName, Threshold>>,
): Panel {
	const { sampler, spec } = sources[0] ?? {};
	const labels = [...(spec?.labels ?? []), ...Object.keys(spec?.constantLabels ?? {})];
	const series = `${name}{${filter}}`;
	const common = {
		...graph,
		description: help,
		legend: labels.map((each) => `{{${each}}}`).join(' '),
	};
	const title = titleOf(name);
	if (type === 'histogram') {
		const expr = `sum by (le) (${name}_bucket{${filter}})`;
		return { ...common, kind: 'heatmap', title, expr, legend: '{{le}}', unit: 'none' };
	}
	if (type === 'counter') return { ...common, title, expr: `rate(${series}[5m])`, unit: 'ops' };
	if (name.endsWith('_timestamp_seconds') || isTimestamp(sampler, spec?.value)) {
		return { ...common, kind: 'stat', title, expr: `${series} * 1000`, unit: 'dateTimeFromNow' };
	}
	const signal = signalMetrics.get(name);
	const threshold = signal && { threshold: thresholds[signal] };
	return {
		...common,
		title,
		expr: series,
		unit: name.endsWith('_seconds') ? 's' : 'short',
		...threshold,
	};
}

const isTimestamp = (sampler: Sampler | undefined, value: string | undefined): boolean =>
	sampler?.columns.some(({ name, type }) => name === value && type === 'timestamp') ?? false;

/** `Rollup data lag` of `tidemark_rollup_data_lag_seconds`. */
function titleOf(name: string): string {
	const words = name
		.replace(/^(?:tidemark|multica|xyn)_/, '')
		.replace(/(?:_timestamp)?_seconds$|_total$/, '')
		.replaceAll('_', ' ');
	return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Headings over their panels, left to right, then down. */
function placed(rows: readonly Row[]): object[] {
	const panels: object[] = [];
	let y = 0;
	for (const { title, panels: members } of rows) {
		panels.push({ id: panels.length + 1, type: 'row', title, gridPos: { x: 0, y, w: 24, h: 1 } });
		y += 1;
		let x = 0;
		let bottom = y;
		for (const panel of members) {
			if (x + panel.width > 24) {
				x = 0;
				y = bottom;
			}
			panels.push(grafanaPanel(panel, panels.length + 1, x, y));
			x += panel.width;
			bottom = Math.max(bottom, y + panel.height);
		}
		y = bottom;
	}
	return panels;
}
