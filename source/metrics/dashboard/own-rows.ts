import type { Threshold } from '../../health/thresholds.ts';
import { queryErrorsName, querySecondsName } from '../query-metrics.ts';
import type { Row } from './panel.ts';

/** Chooses among the tidemarks that a Prometheus scrapes; every query has it. */
export const filter = 'instance=~"$instance"';

/** The usual graph, three in a row. */
export const graph = { kind: 'timeseries', width: 8, height: 7 } as const;
const number = { kind: 'stat', width: 4, height: 4, legend: '{{instance}}' } as const;
const isUpBound: Threshold = {
	unit: 'count',
	source: 'judgement',
	critical: { at: 1, forMs: 0 },
};
const ageBound: Threshold = {
	unit: 'seconds',
	source: 'judgement',
	warn: { at: 60, forMs: 0 },
	critical: { at: 180, forMs: 0 },
};

/** Can the rest be believed, and what is wrong. */
export const stateRow: Row = {
	title: 'State',
	panels: [
		{
			...number,
			title: 'Database away',
			description:
				'1 while the database does not answer: then the rest is old, and after 5 m absent.',
			expr: `1 - tidemark_up{${filter}}`,
			unit: 'none',
			threshold: isUpBound,
		},
		{
			...number,
			title: 'Age of the newest sample',
			description: 'Time since the database last answered.',
			expr: `tidemark_last_sample_age_seconds{${filter}}`,
			unit: 's',
			threshold: ageBound,
		},
		{
			...number,
			title: 'Samplers failing',
			description: 'How many samplers have no new values.',
			expr: `sum by (instance) (tidemark_sampler_failures{${filter}} > bool 0)`,
			unit: 'none',
			threshold: { unit: 'count', source: 'monitors', warn: { at: 1, forMs: 0 } },
		},
		{
			kind: 'table',
			width: 12,
			height: 4,
			title: 'Alerts firing',
			description: 'Of the rules that tidemark alerts prints.',
			// That nothing is scraped is the alert of no instance.
			expr: `ALERTS{alertname=~"Tidemark.*", alertstate="firing", instance=~"$instance|"}`,
			legend: '',
			unit: 'none',
		},
		{
			...graph,
			width: 24,
			title: 'Signals',
			description: 'What the console judges, each in the unit of its threshold.',
			expr: `tidemark_signal_value{${filter}}`,
			legend: '{{signal}} {{subject}}',
			unit: 'none',
		},
	],
};

/** What watching costs. */
export const selfRow: Row = {
	title: 'tidemark itself',
	panels: [
		{
			...graph,
			title: 'Query time, 95th percentile',
			description: 'Of each sampler, as the server measured it.',
			expr: `histogram_quantile(0.95, sum by (le, name) (rate(${querySecondsName}_bucket{${filter}}[5m])))`,
			legend: '{{name}}',
			unit: 's',
		},
		{
			...graph,
			title: 'Query failures',
			description: 'Failures of each sampler query; acquire: no connection.',
			expr: `increase(${queryErrorsName}{${filter}}[5m])`,
			legend: '{{name}}',
			unit: 'none',
		},
		{
			...graph,
			title: 'Age of each sampler',
			description: 'Grows while a sampler fails.',
			expr: `tidemark_sampler_age_seconds{${filter}}`,
			legend: '{{sampler}}',
			unit: 's',
			threshold: { ...ageBound, warn: { at: 300, forMs: 0 } },
		},
	],
};
