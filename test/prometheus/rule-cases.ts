import type { AlertRule } from '../../source/metrics/alerts/rule.ts';

/** A series of promtool's unit tests: a sample every 15 s. */
export type InputSeries = { readonly series: string; readonly values: string };

/** What makes a rule fire, and what must not. */
export type RuleCase = {
	readonly firing: readonly InputSeries[];
	readonly silent: readonly (readonly InputSeries[])[];
	/** When the condition begins to hold, in seconds from the first sample. */
	readonly afterSeconds: number;
};

const long = 2000;
const place = 'job="tidemark",instance="a"';

function constant(name: string, value: number | string, labels = ''): InputSeries {
	const all = [labels, place].filter(Boolean).join(',');
	return { series: `${name}{${all}}`, values: `${value}x${long}` };
}

/** One value for so many samples, then another. */
const then = (name: string, labels: string, ...steps: readonly (readonly [number, number])[]) => ({
	series: `${name}{${[labels, place].filter(Boolean).join(',')}}`,
	values: steps.map(([value, samples]) => `${value}x${samples - 1}`).join(' '),
});

/** The series of a sampler that is asked, and of one that is not. */
const availabilities = (reason: string) =>
	[
		constant('tidemark_sampler_available', 1, 'sampler="a/b"'),
		constant('tidemark_sampler_available', 0, `sampler="a/b",reason="${reason}"`),
	] as const;

/** Cases of the rules that are more than a series and a bound. */
const cases: Readonly<Record<string, (rule: AlertRule) => RuleCase>> = {
	TidemarkDatabaseDown: () => ({
		// Without an age nothing was ever sampled.
		firing: [constant('tidemark_up', 0)],
		silent: [
			[constant('tidemark_up', 1), constant('tidemark_last_sample_age_seconds', 100)],
			// Slow: each scrape comes before its refresh, and finds the one before.
			[constant('tidemark_up', 0), constant('tidemark_last_sample_age_seconds', 58)],
		],
		afterSeconds: 0,
	}),
	TidemarkStale: () => over('tidemark_last_sample_age_seconds', 180),
	TidemarkSamplerStale: () => {
		const age = constant('tidemark_sampler_age_seconds', 301, 'sampler="a/b"');
		return {
			firing: [age, constant('tidemark_up', 1)],
			// While the database is away everything is old, and one alert says so.
			silent: [[age, constant('tidemark_up', 0)]],
			afterSeconds: 0,
		};
	},
	TidemarkSamplerDenied: () => {
		const [available, denied] = availabilities('denied');
		return {
			firing: [{ ...denied, values: `0x${long}` }],
			silent: [[available], [{ ...availabilities('absent')[1], values: `0x${long}` }]],
			afterSeconds: 0,
		};
	},
	TidemarkSamplerGone: () => {
		const [available, absent] = availabilities('absent');
		const gone = { ...absent, values: `_x40 0x${long}` };
		return {
			// Ten minutes of good samples, and then none.
			firing: [{ ...available, values: '1x39 stale' }, gone],
			// Never there, and there still.
			silent: [[{ ...absent, values: `0x${long}` }], [available]],
			afterSeconds: 600,
		};
	},
	TidemarkAbsent: () => ({
		firing: [constant('other', 1)],
		silent: [
			[constant('tidemark_up', 1)],
			[constant('tidemark_up', 0)],
			// Another program that is down.
			[constant('tidemark_up', 1), { series: 'up{job="other",instance="b"}', values: `0x${long}` }],
		],
		afterSeconds: 0,
	}),
	TidemarkQueriesFail: () => {
		const name = 'multica_business_sampler_query_errors_total';
		return {
			// One failure in each scrape: the fourth is seen after a minute.
			firing: [{ series: `${name}{name="ready",${place}}`, values: `0+1x${long}` }],
			silent: [
				[constant(name, 50, 'name="ready"')],
				[then(name, 'name="ready"', [0, 9], [3, long])],
			],
			afterSeconds: 60,
		};
	},
	'TidemarkRunsWait warning': () => over('xyn_queue_oldest_ready_seconds', 300),
	TidemarkLeaseBacklog: () => over('xyn_queue_ready_depth', 100),
	TidemarkNoActiveWorkers: () => {
		const ready = constant('xyn_queue_ready_depth', 3);
		const active = (count: number) => constant('xyn_running_with_active_lease', count);
		return {
			firing: [ready, active(0)],
			silent: [
				[ready, active(1)],
				[constant('xyn_queue_ready_depth', 0), active(0)],
				// Not known is not none.
				[ready],
			],
			afterSeconds: 0,
		};
	},
	TidemarkNotDraining: (rule) =>
		level('tidemark_signal_value', 'signal="not-draining",subject="runs"', rule),
	TidemarkDirtyGrows: (rule) => level('tidemark_rollup_dirty_rows', 'pipeline="hourly"', rule),
	TidemarkConnections: ({ expr }) => {
		const bound = boundOf(expr);
		const max = constant('tidemark_database_max_connections', 200);
		return {
			firing: [constant('tidemark_database_connections', 2 * bound), max],
			silent: [[constant('tidemark_database_connections', 2 * bound - 1), max]],
			afterSeconds: 0,
		};
	},
};

/** The case of a rule; one that is a series and a bound makes its own. */
export function caseOf(rule: AlertRule): RuleCase {
	const special = cases[`${rule.alert} ${rule.severity}`] ?? cases[rule.alert];
	const found = special ? special(rule) : atLeast(rule);
	return rule.expr.includes('tidemark_rollup_walked') ? excused(found) : found;
}

const boundOf = (expr: string): number => Number(/ >= (\d+)(?: unless .*)?$/.exec(expr)?.[1]);

/** The same of one pipeline, and that a walk on it is an excuse, also where every third scrape sees it rest. */
function excused({ firing, silent, afterSeconds }: RuleCase): RuleCase {
	const named = (each: readonly InputSeries[]) =>
		each.map(({ series, values }) => ({
			// Whichever of the two it names the pipeline by.
			series: series.replace(
				/(?:pipeline="hourly",)?job=/,
				'pipeline="hourly",subject="hourly",job=',
			),
			values,
		}));
	const walked = (pipeline: string, values: string) => ({
		series: `tidemark_rollup_walked{pipeline="${pipeline}",${place}}`,
		values,
	});
	const rests = Array.from({ length: long }, (_, at) => Number(at % 3 > 0)).join(' ');
	return {
		firing: [...named(firing), walked('hourly', `0x${long}`), walked('daily', `1x${long}`)],
		silent: [...silent.map(named), [...named(firing), walked('hourly', rests)]],
		afterSeconds,
	};
}

function atLeast({ expr, alert }: AlertRule): RuleCase {
	const [, name, labels = ''] =
		/\b(?:max without \(\w+\) \()?((?:tidemark|xyn)_\w+)(?:\{(.*?)\})?/.exec(expr) ?? [];
	const bound = boundOf(expr);
	if (!name || Number.isNaN(bound)) throw new Error(`${alert} needs a case of its own: ${expr}`);
	// A bound of 0 is about the series being there at all.
	const below = bound > 0 ? [[constant(name, bound - 1, labels)]] : [];
	return {
		firing: [constant(name, bound, labels)],
		silent: [...below, [constant('other', 1)]],
		afterSeconds: 0,
	};
}

const over = (name: string, bound: number): RuleCase => ({
	firing: [constant(name, bound + 1)],
	silent: [[constant(name, bound)]],
	afterSeconds: 0,
});

/** A level that must not fall for as long as the rule's range. */
function level(name: string, labels: string, { expr }: AlertRule): RuleCase {
	const [, count, unit] = /\[(\d+)([mh])\]/.exec(expr) ?? [];
	const afterSeconds = Number(count) * (unit === 'h' ? 3600 : 60);
	const samples = afterSeconds / 15;
	const fallsOften = {
		series: `${name}{${labels},${place}}`,
		values: Array.from({ length: long }, (_, at) => 5 + (at % (samples - 4))).join(' '),
	};
	return {
		firing: [{ series: `${name}{${labels},${place}}`, values: `5+1x${long}` }],
		silent: [
			[fallsOften],
			[constant(name, 0, labels)],
			// Not empty for long, but not for long enough.
			[then(name, labels, [0, samples], [5, samples - 8], [0, long])],
		],
		afterSeconds,
	};
}
