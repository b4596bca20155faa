import type { Threshold } from '../../health/thresholds.ts';

/** One panel of a Grafana board, without its place. */
export type Panel = {
	readonly title: string;
	readonly description: string;
	readonly kind: 'timeseries' | 'stat' | 'heatmap' | 'table';
	readonly expr: string;
	/** `{{label}}` of the series; empty: the series as it is. */
	readonly legend: string;
	/** One of Grafana's unit ids. */
	readonly unit: string;
	readonly threshold?: Threshold;
	/** Of 24. */
	readonly width: number;
	readonly height: number;
};

/** A heading with the panels below it. */
export type Row = { readonly title: string; readonly panels: readonly Panel[] };

/** The Prometheus that is chosen at the top of the board. */
export const datasource = { type: 'prometheus', uid: '$datasource' };

/** The panel as Grafana's JSON has it. */
export function grafanaPanel(panel: Panel, id: number, x: number, y: number): object {
	const { title, description, kind, expr, legend, unit, width, height } = panel;
	return {
		id,
		type: kind,
		title,
		description,
		datasource,
		gridPos: { x, y, w: width, h: height },
		targets: [
			{
				refId: 'A',
				datasource,
				expr,
				legendFormat: legend,
				...(kind === 'heatmap' && { format: 'heatmap' }),
				...((kind === 'stat' || kind === 'table') && { instant: true, range: false }),
				...(kind === 'table' && { format: 'table' }),
			},
		],
		fieldConfig: { defaults: fieldDefaults(kind, unit, panel.threshold), overrides: [] },
		options: optionsOf(kind),
	};
}

function fieldDefaults(
	kind: Panel['kind'],
	unit: string,
	threshold: Threshold | undefined,
): object {
	const steps = threshold ? stepsOf(threshold) : [{ color: 'green', value: null }];
	if (kind !== 'timeseries') return { unit, thresholds: { mode: 'absolute', steps } };
	return {
		unit,
		min: 0,
		custom: {
			lineWidth: 1,
			fillOpacity: 8,
			// What is absent is not known: a gap, never a line drawn across it.
			spanNulls: false,
			showPoints: 'never',
			thresholdsStyle: { mode: threshold ? 'dashed' : 'off' },
		},
		thresholds: { mode: 'absolute', steps },
	};
}

function stepsOf({ warn, critical }: Threshold): object[] {
	return [
		{ color: 'green', value: null },
		...(warn ? [{ color: 'orange', value: warn.at }] : []),
		...(critical ? [{ color: 'red', value: critical.at }] : []),
	];
}

function optionsOf(kind: Panel['kind']): object {
	switch (kind) {
		case 'stat':
			return {
				colorMode: 'background',
				graphMode: 'none',
				reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
			};
		case 'heatmap':
			return { calculate: false, yAxis: { unit: 's' }, legend: { show: true } };
		case 'table':
			return { showHeader: true, cellHeight: 'sm' };
		case 'timeseries':
			return {
				legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
				tooltip: { mode: 'multi', sort: 'desc' },
			};
	}
}
