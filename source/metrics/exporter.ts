import type { Sampler } from '../catalog/sampler.ts';
import { faultsError } from '../errors.ts';
import type { Loop } from '../sampling/loop.ts';
import type { Snapshot } from '../sampling/snapshot.ts';
import type { Store } from '../sampling/store.ts';
import { type Format, render } from './exposition.ts';
import { ownFamilies, ownNames } from './own-families.ts';
import { type QueryMetrics, queryErrorsName, querySecondsName } from './query-metrics.ts';
import { type GatedSample, SampleGate } from './sample-gate.ts';
import { planFamilies, samplerFamilies } from './sampler-families.ts';

/** What an exporter is made of. */
export type ExporterOptions = {
	readonly samplers: readonly Sampler[];
	readonly store: Store;
	/** See `Loop`. */
	readonly loop: Pick<Loop, 'sharedSnapshot' | 'refresh' | 'now'>;
	/** The same that the loop reports to. */
	readonly queries: QueryMetrics;
	readonly ttlMs: number;
	/** This program's version. */
	readonly version: string;
	/** Names of metrics that are not told. */
	readonly untold?: ReadonlySet<string>;
};

/** Answers scrapes out of the latest snapshot. */
export type Exporter = {
	/** Metrics of the user's own samplers that can't be exposed and are left out, by file. */
	readonly faults: readonly string[];
	/** The exposition; at most {@link longestReuseMs} old in its ages, see {@link SampleGate} for the rest. */
	scrape(format: Format): Promise<Buffer>;
	/** Whether the database answers. Asks it only while that is not known: a probe is no scrape. */
	readiness(): Promise<Readiness>;
};

/** For a load balancer or an orchestrator. */
export type Readiness = { readonly isReady: boolean; readonly reason: string };

/** A rendering serves all scrapes of this long, in ms: the ages in it are true to a tenth of a second. */
export const longestReuseMs = 100;

/**
 * A value that is older than this is no longer told, in ms: by then Prometheus itself would call the
 * series stale (its lookback of 5 minutes). A sampler that is asked more seldom gets two of its rounds.
 */
export const longestAgeMs = 5 * 60_000;

/** The names that no sampler may feed. */
export const reservedNames: ReadonlySet<string> = new Set([
	...ownNames,
	querySecondsName,
	queryErrorsName,
]);

type Rendering = {
	readonly snapshot: Snapshot;
	readonly isUp: boolean;
	readonly generation: number;
	readonly now: number;
	readonly body: Promise<Buffer>;
};

/** @throws TidemarkError of kind `catalog` with every metric of the built-in samplers that can't be exposed */
export function createExporter(options: ExporterOptions): Exporter {
	const { samplers, store, loop, queries, ttlMs, version, untold } = options;
	const { families: plans, faults, ownFaults } = planFamilies(samplers, reservedNames);
	if (faults.length > 0) throw faultsError('catalog', faults);
	const gate = new SampleGate({
		latest: store.latest,
		refresh: (ms) => loop.sharedSnapshot(ms),
		reconnect: () => loop.refresh(),
		ttlMs,
		now: () => loop.now(),
	});
	const everyMs = new Map(samplers.map((sampler) => [sampler.id, sampler.everyMs ?? 0]));
	const renderings = new Map<Format, Rendering>();

	async function renderNow(sample: GatedSample, now: number, format: Format): Promise<Buffer> {
		const { snapshot } = sample;
		// Ages must grow on while the server, and with it its clock, can't be asked.
		const toLocal = (at: number) => at + snapshot.answeredAt - snapshot.at;
		const isTold = (id: string) => {
			const reading = snapshot.readings.get(id);
			if (!reading || !('at' in reading)) return false;
			return now - toLocal(reading.at) <= Math.max(longestAgeMs, 2 * (everyMs.get(id) ?? 0));
		};
		const families = [
			...ownFamilies({ ...sample, version, toLocal, isTold, now }),
			...samplerFamilies(plans, snapshot, isTold),
		];
		const told = families.filter(({ name }) => !untold?.has(name));
		return Buffer.from(await render(told, queries, format));
	}

	return {
		faults: ownFaults,
		async readiness() {
			const isLive = store.latest().connection.kind === 'live' && !gate.isOverdue;
			const isReady = isLive || (await gate.read()).isUp;
			return { isReady, reason: isReady ? 'ok' : 'the database does not answer' };
		},
		async scrape(format) {
			const sample = await gate.read();
			const now = loop.now();
			const known = renderings.get(format);
			const { generation } = queries;
			if (known && isCurrent(known, { ...sample, generation, now })) return known.body;
			const body = renderNow(sample, now, format);
			renderings.set(format, { ...sample, generation, now, body });
			return body;
		},
	};
}

const isCurrent = (known: Rendering, wanted: Omit<Rendering, 'body'>): boolean =>
	known.snapshot === wanted.snapshot &&
	known.isUp === wanted.isUp &&
	known.generation === wanted.generation &&
	Math.abs(wanted.now - known.now) < longestReuseMs;
