import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtInCatalog } from './catalog/built-in.ts';
import type { CatalogFault } from './catalog/front-matter.ts';
import { addFolders, loadCatalog } from './catalog/load.ts';
import type { Sampler } from './catalog/sampler.ts';
import type { Config } from './config.ts';
import { describeConnectFailure, faultsError } from './errors.ts';
import { Diagnostician } from './health/diagnosis/diagnostician.ts';
import { Monitor } from './health/monitor.ts';
import { sqlDirectory } from './lib/sql-directory.ts';
import { openSession } from './postgres/open-session.ts';
import { probe } from './postgres/probe.ts';
import type { Target } from './postgres/target-type.ts';
import type { SampleOutcome } from './sampling/book.ts';
import { Loop } from './sampling/loop.ts';
import { createStore, type Store } from './sampling/store.ts';

/** The live parts of one target. */
export type Parts = {
	readonly samplers: readonly Sampler[];
	readonly store: Store;
	readonly loop: Loop;
	readonly monitor: Monitor;
	/** Stands still until it is asked, or told to watch. */
	readonly diagnostician: Diagnostician;
	/** Stops sampling and closes the connections. */
	stop(): Promise<void>;
};

/** What to compose for. */
export type ComposeOptions = {
	readonly config: Config;
	readonly target: Target;
	/** Hears of every run of a sampler. */
	readonly observe?: (outcome: SampleOutcome | 'acquire-failed') => void;
};

/**
 * Builds the parts and wires them; nothing runs yet.
 * @throws TidemarkError of kind `catalog` with every fault of the sampler files, by file and line
 */
export function compose({ config, target, observe }: ComposeOptions): Parts {
	const samplers = loadSamplers(config);
	const probeSql = readFileSync(join(sqlDirectory(), 'probe.sql'), 'utf8');
	const now = Date.now();
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
	});
	const monitor = new Monitor(store);
	const diagnostician = new Diagnostician({
		evidence: evidenceQueries,
		monitor,
		ask: (queries) => loop.ask(queries),
		intervalMs: () => loop.intervalMs,
	});
	return {
		samplers,
		store,
		loop,
		monitor,
		diagnostician,
		async stop() {
			diagnostician.stop();
			monitor.stop();
			await loop.stop();
		},
	};
}

/** The cadence of the lease pack's cheap samplers; its dear ones have a longer one of their own. */
const defaultLeaseIntervalMs = 5000;

/** The catalog, with the cadence that the environment gives the lease pack. */
function loadSamplers(config: Config): readonly Sampler[] {
	const { samplers, faults } = addFolders(builtInCatalog(), config.samplerFolders);
	refuse(faults);
	return samplers.map((sampler) =>
		sampler.pack === 'lease' && sampler.everyMs === defaultLeaseIntervalMs
			? { ...sampler, everyMs: config.leaseIntervalMs }
			: sampler,
	);
}

/** The queries of `sql/evidence`, read when a diagnosis first needs them. */
function evidenceQueries(): readonly Sampler[] {
	const { samplers, faults } = loadCatalog(join(sqlDirectory(), 'evidence'));
	refuse(faults);
	return samplers;
}

function refuse(faults: readonly CatalogFault[]): void {
	if (faults.length === 0) return;
	throw faultsError(
		'catalog',
		faults.map(({ file, line, reason }) => `${file}:${line}: ${reason}`),
	);
}
