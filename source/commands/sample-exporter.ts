import { packageVersion } from '../lib/version.ts';
import { createExporter, type Exporter, type ExporterOptions } from '../metrics/exporter.ts';
import type { QueryMetrics } from '../metrics/query-metrics.ts';
import { createStore } from '../sampling/store.ts';
import type { OneSample } from './one-sample.ts';

/**
 * Answers from one sample as /metrics would, and never asks again.
 * @throws TidemarkError of kind `catalog` with every metric that can't be exposed
 */
export const sampleExporter = (
	{ samplers, snapshot }: OneSample,
	queries: QueryMetrics,
	{ untold }: Pick<ExporterOptions, 'untold'> = {},
): Exporter =>
	createExporter({
		samplers,
		store: createStore(snapshot),
		loop: { sharedSnapshot: async () => snapshot, refresh: async () => snapshot, now: Date.now },
		queries,
		ttlMs: Number.POSITIVE_INFINITY,
		version: packageVersion(),
		...(untold && { untold }),
	});
