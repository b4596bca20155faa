import type { Sampler } from '../../catalog/sampler.ts';
import type { Readings } from '../../sampling/ask.ts';
import type { Snapshot } from '../../sampling/snapshot.ts';
import { judgeOnce } from '../judge-once.ts';
import type { Report } from '../monitor.ts';
import { defaultThresholds, type SignalName, type Threshold } from '../thresholds.ts';
import { bySeverity, type Severity } from '../verdict.ts';
import type { Diagnosis } from './diagnose.ts';

/** What a diagnostician works with. */
export type DiagnosticianOptions = {
	/** The evidence queries, all of them; called when they are needed. */
	readonly evidence: () => readonly Sampler[];
	/** Runs queries once, without a connection of their own. */
	readonly ask: (queries: readonly Sampler[]) => Promise<Readings>;
	readonly monitor: {
		current(): Report;
		history(): readonly Snapshot[];
		subscribe(listener: () => void): () => void;
	};
	/** Between two refreshes, in ms. */
	readonly intervalMs: () => number;
	readonly thresholds?: Readonly<Record<SignalName, Threshold>>;
};

/** Unasked, evidence is gathered at most so often, in ms. */
export const shortestPauseMs = 10_000;

/** Gathers evidence when asked or when a verdict turns for the worse, and keeps what came of it. */
export class Diagnostician {
	readonly #options: DiagnosticianOptions;
	readonly #listeners = new Set<() => void>();
	#unsubscribe = () => {};
	#latest: Diagnosis | undefined;
	#asking: Promise<Diagnosis> | undefined;
	#known: ReadonlyMap<string, Severity> = new Map();
	#hasTurned = false;
	#askedAt = Number.NEGATIVE_INFINITY;

	constructor(options: DiagnosticianOptions) {
		this.#options = options;
	}

	/** The latest diagnosis; the same object until there is a newer one. */
	current(): Diagnosis | undefined {
		return this.#latest;
	}

	/** Whether evidence is being gathered right now. */
	get isAsking(): boolean {
		return this.#asking !== undefined;
	}

	/** Calls back when gathering begins and when there is a new diagnosis. */
	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** From now on evidence is gathered by itself when a verdict turns for the worse. */
	watch(): void {
		this.#unsubscribe();
		this.#unsubscribe = this.#options.monitor.subscribe(() => this.#look());
	}

	stop(): void {
		this.#unsubscribe();
		this.#listeners.clear();
	}

	/**
	 * A diagnosis with evidence of now; whoever asks meanwhile gets the same.
	 * @param isFirstLook there is one sample only, and what must last is judged as well as one can
	 */
	ask(isFirstLook = false): Promise<Diagnosis> {
		this.#asking ??= this.#gather(isFirstLook).finally(() => {
			this.#asking = undefined;
			this.#tell();
		});
		this.#tell();
		return this.#asking;
	}

	async #gather(isFirstLook: boolean): Promise<Diagnosis> {
		const { ask, evidence: queries, monitor, intervalMs } = this.#options;
		const { thresholds = defaultThresholds } = this.#options;
		this.#askedAt = monitor.current().snapshot.answeredAt;
		const [evidence, { diagnose }] = await Promise.all([ask(queries()), import('./diagnose.ts')]);
		// The report of now, not of then: evidence and verdicts should be of one moment.
		const { snapshot, verdicts } = monitor.current();
		this.#latest = diagnose({
			snapshot,
			history: monitor.history(),
			verdicts: isFirstLook ? judgeOnce(snapshot, thresholds) : verdicts,
			evidence,
			thresholds,
			intervalMs: intervalMs(),
		});
		return this.#latest;
	}

	#look(): void {
		const { snapshot, verdicts } = this.#options.monitor.current();
		if (snapshot.connection.kind !== 'live') return;
		const now = new Map(
			verdicts.map(({ signal, subject, severity }) => [`${signal} ${subject}`, severity]),
		);
		for (const [key, severity] of now) {
			const isBad = severity === 'warn' || severity === 'critical';
			if (isBad && bySeverity(severity, this.#known.get(key) ?? 'ok') < 0) this.#hasTurned = true;
		}
		this.#known = now;
		if (!this.#hasTurned || snapshot.answeredAt - this.#askedAt < shortestPauseMs) return;
		this.#hasTurned = false;
		void this.ask();
	}

	#tell(): void {
		for (const listener of this.#listeners) listener();
	}
}
