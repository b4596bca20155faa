import type { Snapshot } from '../sampling/snapshot.ts';
import type { Store } from '../sampling/store.ts';
import { eventsBetween } from './events.ts';
import { judge, type Memories } from './judge.ts';
import { measureDatabase } from './measure-database.ts';
import { measureLeases } from './measure-leases.ts';
import { measureRollups } from './measure-rollups.ts';
import { measureTasks } from './measure-tasks.ts';
import type { Measurement } from './measurement.ts';
import { defaultThresholds, type SignalName, type Threshold } from './thresholds.ts';
import type { HealthEvent, Verdict } from './verdict.ts';

/** One snapshot with what it means; what every reader of the console sees. */
export type Report = {
	readonly snapshot: Snapshot;
	/** Worst first; only signals whose data exists here. */
	readonly verdicts: readonly Verdict[];
	/** Newest last, at most {@link maxEvents}. */
	readonly events: readonly HealthEvent[];
};

/** How many events are remembered. */
export const maxEvents = 500;

/** Everything that can be measured in a snapshot: what isn't in this database, or not yet asked, is not. */
export const measure = (snapshot: Snapshot): Measurement[] =>
	[
		...measureTasks(snapshot),
		...measureRollups(snapshot),
		...measureLeases(snapshot),
		...measureDatabase(snapshot),
	].filter(({ sampler }) => {
		const kind = snapshot.readings.get(sampler)?.kind ?? 'unavailable';
		return kind !== 'unavailable' && kind !== 'pending';
	});

/** Judges each snapshot as it is published, once for all who look. */
export class Monitor {
	readonly #store: Store;
	readonly #thresholds: Readonly<Record<SignalName, Threshold>>;
	readonly #listeners = new Set<() => void>();
	readonly #unsubscribe: () => void;
	#memories: Memories = new Map();
	#report: Report;

	constructor(store: Store, thresholds = defaultThresholds) {
		this.#store = store;
		this.#thresholds = thresholds;
		this.#report = { snapshot: store.latest(), verdicts: [], events: [] };
		this.#unsubscribe = store.subscribe(() => this.#update());
	}

	current(): Report {
		return this.#report;
	}

	/** All snapshots still remembered, oldest first. */
	history(): readonly Snapshot[] {
		return this.#store.history();
	}

	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	stop(): void {
		this.#unsubscribe();
		this.#listeners.clear();
	}

	#update(): void {
		const snapshot = this.#store.latest();
		const isLive = snapshot.connection.kind === 'live';
		// Nothing new was measured while the server is away: what was last known still stands.
		const { verdicts, memories } = isLive
			? judge(measure(snapshot), this.#memories, this.#thresholds, snapshot.at)
			: { verdicts: this.#report.verdicts, memories: this.#memories };
		this.#memories = memories;
		const fresh = eventsBetween(this.#report, { snapshot, verdicts });
		const events =
			fresh.length === 0
				? this.#report.events
				: [...this.#report.events, ...fresh].slice(-maxEvents);
		this.#report = { snapshot, verdicts, events };
		for (const listener of this.#listeners) listener();
	}
}
