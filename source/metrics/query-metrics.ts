import { Counter, Histogram } from 'prom-client';
import type { Sampler } from '../catalog/sampler.ts';
import type { SampleOutcome } from '../sampling/book.ts';

/** The names that existing dashboards know these two by, and the label value for a lost connection. */
export const querySecondsName = 'multica_business_sampler_query_seconds';
export const queryErrorsName = 'multica_business_sampler_query_errors_total';
const acquire = 'acquire';

/** Upper bounds of the duration histogram, in seconds: those of existing dashboards. */
export const queryBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Counts every run of a sampler, for as long as the process lives. */
export class QueryMetrics {
	readonly seconds = new Histogram({
		name: querySecondsName,
		help: 'Duration of each sampler query, as the server measured it; of a failed one as this program did.',
		labelNames: ['name'],
		buckets: [...queryBuckets],
		registers: [],
	});
	readonly errors = new Counter({
		name: queryErrorsName,
		help: 'Failures of each sampler query; acquire: a connection could not be had.',
		labelNames: ['name'],
		registers: [],
	});
	/** A sampler has run. */
	hasRuns = false;
	/** Goes up with every outcome; what was rendered before is old then. */
	generation = 0;

	constructor() {
		this.errors.inc({ name: acquire }, 0);
	}

	/** To be given to the loop; bound, so that it can be passed on. */
	readonly observe = (outcome: SampleOutcome | 'acquire-failed'): void => {
		this.generation += 1;
		if (outcome === 'acquire-failed') {
			this.errors.inc({ name: acquire });
			return;
		}
		this.hasRuns = true;
		const name = queryName(outcome.sampler);
		this.seconds.observe({ name }, outcome.seconds);
		// A series that starts at 0 lets a rate see its first failure.
		this.errors.inc({ name }, outcome.failure ? 1 : 0);
	};
}

const shippedPacks: ReadonlySet<string> = new Set(['multica', 'lease', 'rollup', 'database']);

/** The label `name`: plain for shipped samplers, whose names are unique; with its pack for a user's own. */
export const queryName = ({ id, name, pack }: Sampler): string =>
	shippedPacks.has(pack) ? name : id;
