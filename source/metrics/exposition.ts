import { type Gauge, type Metric, Registry, type RegistryContentType } from 'prom-client';
import type { Family } from './family.ts';
import type { QueryMetrics } from './query-metrics.ts';

/** What a scraper may ask for. */
export type Format = 'text' | 'openmetrics';

/** The content type of each format. */
export const contentTypes = {
	text: Registry.PROMETHEUS_CONTENT_TYPE,
	openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
} as const satisfies Readonly<Record<Format, string>>;

/**
 * Writes families and query metrics in a format; families without series are left out.
 * @throws Error when two of them have the same name
 */
export async function render(
	families: readonly Family[],
	{ seconds, errors, hasRuns }: Pick<QueryMetrics, 'seconds' | 'errors' | 'hasRuns'>,
	format: Format,
): Promise<string> {
	// For OpenMetrics a registry renames the counters it holds, so each rendering has its own.
	const registry = new Registry<RegistryContentType>();
	registry.setContentType(contentTypes[format]);
	for (const family of families) {
		if (family.series.length > 0) registry.registerMetric(asMetric(family));
	}
	if (hasRuns) registry.registerMetric(seconds);
	const { name, help, values } = await errors.get();
	const series = values.map(({ labels, value }) => ({
		labels: { name: String(labels.name) },
		value,
	}));
	registry.registerMetric(asMetric({ name, help, type: 'counter', series }));
	return registry.metrics();
}

/**
 * A family as a registry takes it. A registry asks a metric for its name and for get() and nothing
 * else; a Gauge of prom-client could not forget a series, nor its Histogram take ready-made buckets.
 */
function asMetric({ name, help, type, series }: Family): Metric {
	const metric = {
		name,
		help,
		type,
		async get() {
			const values = series.map(({ suffix, labels, value }) => ({
				// The name as the registry left it: OpenMetrics' counters lose their `_total` here.
				metricName: metric.name + (suffix ?? ''),
				labels,
				value,
			}));
			return { name: metric.name, help, type, values };
		},
	};
	return metric as unknown as Gauge;
}
