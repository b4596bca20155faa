import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtInCatalog } from './catalog/built-in.ts';
import type { CatalogFault } from './catalog/front-matter.ts';
import { addOwnFolders, faultSentence, loadCatalog, loadQueries } from './catalog/load.ts';
import type { Sampler } from './catalog/sampler.ts';
import type { Config } from './config.ts';
import { describeConnectFailure, faultsError } from './errors.ts';
import { Diagnostician } from './health/diagnosis/diagnostician.ts';
import { Monitor } from './health/monitor.ts';
import { Timeline } from './health/timeline.ts';
import { sqlDirectory } from './lib/sql-directory.ts';
import { sanitise } from './lib/text.ts';
import { openSession } from './postgres/open-session.ts';
import { probe } from './postgres/probe.ts';
import type { Target } from './postgres/target-type.ts';
import type { SampleOutcome } from './sampling/book.ts';
import type { LineClock } from './sampling/line.ts';
import { Loop } from './sampling/loop.ts';
import { Reader } from './sampling/reader.ts';
import { ReaderWatch } from './sampling/reader-watch.ts';
import { createStore, type Store } from './sampling/store.ts';

/** The live parts of one target. */
export type Parts = {
	readonly samplers: readonly Sampler[];
	/** What is wrong with the user's own samplers, by file and line; sanitised. The rest goes on. */
	readonly warnings: readonly string[];
	/** By which this target is judged. */
	readonly thresholds: Config['thresholds'];
	readonly store: Store;
	readonly loop: Loop;
	readonly monitor: Monitor;
	readonly timeline: Timeline;
	/** Stands still until it is asked, or told to watch. */
	readonly diagnostician: Diagnostician;
	/** Asks queries that take parameters, for lists and usage, on the loop's second connection. */
	readonly reader: Reader;
	/** The same, over and over, for what the console has open. */
	readonly readerWatch: ReaderWatch;
	/** Stops sampling and closes the connections. */
	stop(): Promise<void>;
};

/** What to compose for. */
export type ComposeOptions = {
	readonly config: Config;
	readonly target: Target;
	/** Hears of every run of a sampler. */
	readonly observe?: (outcome: SampleOutcome | 'acquire-failed') => void;
	/** In the place of this machine's, for who measures an hour in less than one. */
	readonly clock?: LineClock;
};

/**
 * Builds the parts and wires them; nothing runs yet.
 * @throws TidemarkError of kind `catalog` with every fault of the built-in samplers, by file and line
 */
export function compose({ config, target, observe, clock }: ComposeOptions): Parts {
	const { samplers, warnings } = loadSamplers(config);
	const probeSql = readFileSync(join(sqlDirectory(), 'probe.sql'), 'utf8');
	const now = clock?.now() ?? Date.now();
	const store = createStore({
		seq: 0,
		at: now,
		answeredAt: now,
		publishedAt: now,
		connection: { kind: 'connecting', since: now, where: target.label },
		readings: new Map(),
		advice: new Map(),
	});
	const loop = new Loop({
		samplers,
		open: (signal) => openSession(target, { signal }),
		probe: (session, wanted) => probe(session, probeSql, wanted),
		describeFailure: (error) => describeConnectFailure(error, target),
		where: target.label,
		store,
		intervalMs: config.intervalMs,
		statementTimeoutMs: config.statementTimeoutMs,
		...(observe && { observe }),
		...(clock && { clock }),
	});
	const monitor = new Monitor(store, config.thresholds);
	const timeline = new Timeline(store, monitor);
	const diagnostician = new Diagnostician({
		evidence: evidenceQueries,
		monitor,
		ask: (queries) => loop.ask(queries),
		refresh: () => loop.refreshAnew(),
		intervalMs: () => loop.intervalMs,
		thresholds: config.thresholds,
	});
	const reader = new Reader({
		queries: () => [...parameterQueries(), ...samplers.map(planOf)],
		onSecond: loop.onSecond,
		probe: (session, wanted) => probe(session, probeSql, wanted),
		statementTimeoutMs: config.statementTimeoutMs,
		now: () => loop.now(),
	});
	const readerWatch = new ReaderWatch({
		reader,
		intervalMs: () => loop.intervalMs,
		isPaused: () => loop.isPaused,
		now: () => loop.now(),
	});
	return {
		samplers,
		warnings,
		thresholds: config.thresholds,
		store,
		loop,
		monitor,
		timeline,
		diagnostician,
		reader,
		readerWatch,
		async stop() {
			readerWatch.stop();
			diagnostician.stop();
			timeline.stop();
			monitor.stop();
			await loop.stop();
		},
	};
}

/** The cadence of the lease pack's cheap samplers; its dear ones have a longer one of their own. */
const defaultLeaseIntervalMs = 5000;

/** The catalog and the user's own, with the cadence that the settings give the lease pack. */
function loadSamplers(config: Config): Pick<Parts, 'samplers' | 'warnings'> {
	const catalog = addOwnFolders(builtInCatalog(), config.samplerFolders);
	refuse(catalog.faults);
	const samplers = catalog.samplers.map((sampler) =>
		sampler.pack === 'lease' && !sampler.isOwn && sampler.everyMs === defaultLeaseIntervalMs
			? { ...sampler, everyMs: config.leaseIntervalMs }
			: sampler,
	);
	return { samplers, warnings: catalog.ownFaults.map((fault) => sanitise(faultSentence(fault))) };
}

/** The queries of `sql/evidence`, read when a diagnosis first needs them. */
function evidenceQueries(): readonly Sampler[] {
	const { samplers, faults } = loadCatalog(join(sqlDirectory(), 'evidence'));
	refuse(faults);
	return samplers;
}

/** The folders of sql whose queries are asked when somebody looks, most of them with parameters. */
const parameterPacks = ['usage', 'lists'];

function parameterQueries(): readonly Sampler[] {
	const { samplers, faults } = loadQueries(sqlDirectory(), parameterPacks);
	refuse(faults);
	return samplers;
}

/** The question for a sampler's plan: `plan/` and its id. It is asked for, not run. */
const planOf = (sampler: Sampler): Sampler => ({
	...sampler,
	id: `plan/${sampler.id}`,
	sql: `explain ${sampler.sql}`,
	columns: [{ name: 'QUERY PLAN', type: 'text' }],
	maxRows: 1000,
});

function refuse(faults: readonly CatalogFault[]): void {
	if (faults.length === 0) return;
	throw faultsError('catalog', faults.map(faultSentence));
}
