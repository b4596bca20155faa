import type { Trends } from '../sampling/history/trends.ts';
import type { Snapshot } from '../sampling/snapshot.ts';
import type { Store } from '../sampling/store.ts';
import { type Assessment, assess, unassessed } from './assess.ts';
import { Past } from './past.ts';
import { defaultThresholds, type SignalName, type Threshold } from './thresholds.ts';
import type { HealthEvent, Severity } from './verdict.ts';

/** One snapshot with what it means; what every reader of the console sees. */
export type Report = Pick<Assessment, 'verdicts' | 'events'> & { readonly snapshot: Snapshot };

/** So much of the program's own is remembered. */
const maxTold = 50;

/** Judges each snapshot as it is published, once for all who look. */
export class Monitor {
	readonly #store: Store;
	readonly #thresholds: Readonly<Record<SignalName, Threshold>>;
	readonly #listeners = new Set<() => void>();
	readonly #unsubscribe: () => void;
	readonly #past: Past;
	#told: readonly HealthEvent[] = [];
	#assessment: Assessment;
	#report: Report;

	constructor(store: Store, thresholds = defaultThresholds) {
		this.#store = store;
		this.#thresholds = thresholds;
		this.#past = new Past(store.history, thresholds);
		const snapshot = store.latest();
		const before = unassessed(snapshot);
		this.#past.note(snapshot.seq, before);
		this.#assessment = assess(before, snapshot, thresholds);
		const { verdicts, events } = this.#assessment;
		this.#report = { snapshot, verdicts, events };
		this.#unsubscribe = store.subscribe(() => this.#update());
	}

	current(): Report {
		return this.#report;
	}

	/** The report of an earlier snapshot, as it was then; undefined where that is no longer kept. */
	reportAt(seq: number): Report | undefined {
		if (seq === this.#report.snapshot.seq) return this.#report;
		const report = this.#past.reportAt(seq);
		return report && { ...report, events: this.#withTold(report.events, report.snapshot.at) };
	}

	/** Enters what befell the program itself among the events; one sanitised line. */
	tell(severity: Severity, text: string): void {
		this.#told = [...this.#told, { at: this.#report.snapshot.at, severity, text }].slice(-maxTold);
		this.#publish(this.#report.snapshot);
	}

	/** Numbers over time, up to a snapshot or up to now. */
	trends(seq?: number): Trends {
		return this.#store.history.trends(seq);
	}

	/** The last snapshots before one or before now, itself the last, oldest first; in ms. */
	lately(spanMs: number, seq?: number): readonly Snapshot[] {
		return this.#store.history.lately(spanMs, seq);
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
		this.#past.note(snapshot.seq, this.#assessment);
		this.#assessment = assess(this.#assessment, snapshot, this.#thresholds);
		this.#publish(snapshot);
	}

	#publish(snapshot: Snapshot): void {
		const { verdicts, events } = this.#assessment;
		this.#report = { snapshot, verdicts, events: this.#withTold(events, snapshot.at) };
		for (const listener of this.#listeners) listener();
	}

	#withTold(events: readonly HealthEvent[], upTo: number): readonly HealthEvent[] {
		const told = this.#told.filter(({ at }) => at <= upTo);
		return told.length === 0 ? events : [...events, ...told].sort((a, b) => a.at - b.at);
	}
}
