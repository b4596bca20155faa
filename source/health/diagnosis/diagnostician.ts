import type { Sampler } from '../../catalog/sampler.ts';
import type { Readings } from '../../sampling/ask.ts';
import { type Allowance, type Credit, earned, spent } from '../../sampling/credit.ts';
import type { Snapshot } from '../../sampling/snapshot.ts';
import { judgeOnce } from '../judge-once.ts';
import type { Report } from '../monitor.ts';
import { defaultThresholds, type SignalName, type Threshold } from '../thresholds.ts';
import { isAlarm, type Severity, verdictKey } from '../verdict.ts';
import type { DiagnosisInput } from './check.ts';
import type { Diagnosis } from './diagnose.ts';

/** What a diagnostician works with. */
export type DiagnosticianOptions = {
	/** The evidence queries, all of them; called when they are needed. */
	readonly evidence: () => readonly Sampler[];
	/** Runs queries once, without a connection of their own. */
	readonly ask: (queries: readonly Sampler[]) => Promise<Readings>;
	/** Takes a sample that begins now. */
	readonly refresh: () => Promise<unknown>;
	readonly monitor: {
		current(): Report;
		lately(spanMs: number, seq?: number): readonly Snapshot[];
		subscribe(listener: () => void): () => void;
	};
	/** Between two refreshes, in ms. */
	readonly intervalMs: () => number;
	readonly thresholds?: Readonly<Record<SignalName, Threshold>>;
};

/** Checks look back so far, in ms: through some rounds of what ticks and of what drains. */
const lookBackMs = 15 * 60_000;

/** Unasked, evidence is gathered at most so often, in ms. */
export const shortestPauseMs = 10_000;

/**
 * The server's time that diagnoses may have unasked, as a share of one processor, and what is saved up of
 * it in ms: news comes at once, and verdicts that turn again and again don't become a load.
 */
const unasked: Allowance = { share: 0.003, mostMs: 600 };

/** Gathers evidence when asked or when a verdict turns, and keeps what came of it. */
export class Diagnostician {
	readonly #options: DiagnosticianOptions;
	readonly #listeners = new Set<() => void>();
	#unsubscribe = () => {};
	#latest: Diagnosis | undefined;
	#asking: Promise<Diagnosis> | undefined;
	#known: ReadonlyMap<string, Severity> = new Map();
	#hasTurned = false;
	#askedAt = Number.NEGATIVE_INFINITY;
	#credit: Credit = { ms: unasked.mostMs, atMs: Number.NEGATIVE_INFINITY };

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

	/**
	 * From now on evidence is gathered by itself when a verdict turns, for the worse or the better, and
	 * when a lost connection is back.
	 */
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

	/** A diagnosis whose evidence is asked for from now on, not what is already on its way. */
	async askAnew(): Promise<Diagnosis> {
		await this.#asking;
		return this.ask();
	}

	/**
	 * Loads what says of a moment of the past what its samples show. Evidence is of now and none of
	 * then is left: so nothing is said of how things stand, only of what is wrong.
	 */
	async hindsight(): Promise<(report: Report) => Diagnosis> {
		const { diagnose } = await import('./diagnose.ts');
		const { monitor, intervalMs, thresholds = defaultThresholds } = this.#options;
		return ({ snapshot, verdicts }) => ({
			...diagnose({
				snapshot,
				history: monitor.lately(lookBackMs, snapshot.seq),
				verdicts,
				evidence: new Map(),
				thresholds,
				intervalMs: intervalMs(),
			}),
			facts: [],
			gaps: [],
			isHindsight: true,
		});
	}

	async #gather(isFirstLook: boolean): Promise<Diagnosis> {
		const { ask, evidence: queries, refresh, monitor } = this.#options;
		this.#askedAt = monitor.current().snapshot.answeredAt;
		const [evidence, { diagnose }] = await Promise.all([ask(queries()), import('./diagnose.ts')]);
		// What nobody could be asked is no news: what was found last stays, with its time.
		if (this.#latest && monitor.current().snapshot.connection.kind === 'lost') return this.#latest;
		const first = diagnose(this.#input(evidence, isFirstLook));
		if (first.unexplained.length === 0) this.#latest = first;
		else {
			// What the evidence knows nothing of may have ended between the sample and the evidence.
			await refresh();
			this.#latest = diagnose(this.#input(evidence, isFirstLook));
		}
		return this.#latest;
	}

	/** With the report of now, not of when the evidence was asked for: both should be of one moment. */
	#input(evidence: Readings, isFirstLook: boolean): DiagnosisInput {
		const { monitor, intervalMs, thresholds = defaultThresholds } = this.#options;
		const { snapshot, verdicts } = monitor.current();
		return {
			snapshot,
			history: monitor.lately(lookBackMs),
			verdicts: isFirstLook ? judgeOnce(snapshot, thresholds) : verdicts,
			evidence,
			thresholds,
			intervalMs: intervalMs(),
		};
	}

	#look(): void {
		const { snapshot, verdicts } = this.#options.monitor.current();
		if (snapshot.connection.kind !== 'live') {
			// Nobody knows what happened meanwhile, to what was found before.
			if (this.#latest && snapshot.connection.kind === 'lost') this.#hasTurned = true;
			return;
		}
		const now = new Map(
			verdicts.filter(isAlarm).map((verdict) => [verdictKey(verdict), verdict.severity]),
		);
		// Also for the better: what a diagnosis says should not outlast what it told of.
		const keys = [...now.keys(), ...this.#known.keys()];
		if (keys.some((key) => now.get(key) !== this.#known.get(key))) this.#hasTurned = true;
		this.#known = now;
		this.#credit = earned(this.#credit, snapshot.answeredAt, unasked);
		const isTooSoon = snapshot.answeredAt - this.#askedAt < shortestPauseMs || this.#credit.ms <= 0;
		if (!this.#hasTurned || isTooSoon) return;
		this.#hasTurned = false;
		void this.ask().then(({ serverMs }) => {
			this.#credit = spent(this.#credit, serverMs);
		});
	}

	#tell(): void {
		for (const listener of this.#listeners) listener();
	}
}
