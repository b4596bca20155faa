import type { Sampler } from '../catalog/sampler.ts';
import { createSteadyClock } from '../lib/steady-clock.ts';
import type { Session } from '../postgres/session.ts';
import type { Readings } from './ask.ts';
import type { SamplerFacts } from './book.ts';
import type { LineClock } from './line.ts';
import { pacedMs } from './pace.ts';
import type { Proofs } from './proof.ts';
import { type OnSecond, Refresher, type RefresherOptions } from './refresher.ts';
import type { Snapshot } from './snapshot.ts';

/** What the loop is made of. */
export type LoopOptions = Omit<RefresherOptions, 'intervalMs' | 'onLost' | 'clock'> & {
	readonly intervalMs: number;
	readonly clock?: LineClock;
};

/** Refreshes at an interval, one at a time, and shares what it has with all who ask. */
export class Loop {
	/** Where each refresh is published. */
	readonly store: RefresherOptions['store'];
	readonly #clock: LineClock;
	readonly #refresher: Refresher;
	#askedMs: number;
	/** What the last refresh, and the one before it, took the server. */
	#serverMs = 0;
	#lastServerMs = 0;
	#isPaused = false;
	#isRunning = false;
	#timer: NodeJS.Timeout | undefined;
	#refreshing: Promise<Snapshot> | undefined;

	/** Makes a loop that stands still until it is started or asked. */
	constructor({
		intervalMs,
		clock = { now: createSteadyClock(), random: Math.random },
		...rest
	}: LoopOptions) {
		this.store = rest.store;
		this.#clock = clock;
		this.#askedMs = intervalMs;
		this.#refresher = new Refresher({
			...rest,
			clock,
			intervalMs: () => this.#askedMs,
			onLost: () => this.#schedule(),
		});
	}

	/** The clock by which snapshots are dated: this machine's, but never set back. In ms since the epoch. */
	now(): number {
		return this.#clock.now();
	}

	get isPaused(): boolean {
		return this.#isPaused;
	}

	/** Between two refreshes, in ms; longer than was asked for while the server is slow. */
	get intervalMs(): number {
		return this.#paced(this.#askedMs);
	}

	/** The interval that the user wants, in ms. */
	get askedMs(): number {
		return this.#askedMs;
	}

	/** The cadence of its own that a sampler has here, in ms; undefined: every refresh asks it. */
	everyMs(id: string): number | undefined {
		return this.#refresher.everyMs(id);
	}

	/** What is known of a sampler besides its reading. */
	samplerFacts(id: string): SamplerFacts | undefined {
		return this.#refresher.samplerFacts(id);
	}

	/** Resolves when the first questions are on their way, or can't be sent. */
	get asked(): Promise<void> {
		return this.#refresher.asked;
	}

	/** Refreshes on its own from now on: at once, then at the interval. */
	start(): void {
		this.#isRunning = true;
		this.#tick();
	}

	/** Ends both connections and resolves when they are closed. */
	async stop(): Promise<void> {
		this.#isRunning = false;
		clearTimeout(this.#timer);
		await this.#refresher.close();
		await this.#refreshing;
	}

	setPaused(isPaused: boolean): void {
		this.#isPaused = isPaused;
		this.#schedule();
	}

	setIntervalMs(intervalMs: number): void {
		this.#askedMs = intervalMs;
		this.#schedule();
	}

	/** One refresh now, or the one under way; a lost connection is tried at once. */
	refresh(): Promise<Snapshot> {
		return this.#refresh(true);
	}

	/** One refresh that begins now: what one under way asked may have been answered before. */
	async refreshAnew(): Promise<Snapshot> {
		await this.#refreshing;
		return this.#refresh(true);
	}

	/** One refresh, and with it the samplers that have the second connection to themselves. */
	async refreshAll(): Promise<Snapshot> {
		await this.#refresh(true);
		await this.#refresher.slowTrip;
		return this.store.latest();
	}

	/**
	 * Runs samplers once that are in no plan, such as a diagnosis' evidence queries: on the second
	 * connection, never a third.
	 */
	ask(samplers: readonly Sampler[]): Promise<Readings> {
		return this.#refresher.ask(samplers);
	}

	/** The second connection, lent to whoever reads what is in no plan. */
	get onSecond(): OnSecond {
		return this.#refresher.onSecond;
	}

	/** Lends the second connection to work that has time; undefined: somebody else is on it. */
	aside<T>(work: (session: Session) => Promise<T>): Promise<T | undefined> {
		return this.#refresher.aside(work);
	}

	/** What the next snapshots say of how far back the rollups are proven. */
	prove(proofs: Proofs): void {
		this.#refresher.prove(proofs);
	}

	/**
	 * The latest snapshot if it is younger than `ttlMs`, or than what a slow server is spared; else that
	 * of one refresh for all who ask.
	 */
	async sharedSnapshot(ttlMs: number): Promise<Snapshot> {
		const latest = this.store.latest();
		const isLive = latest.connection.kind === 'live';
		const freshMs = this.#paced(ttlMs);
		if (isLive && this.#clock.now() - latest.answeredAt < freshMs) return latest;
		return this.#refresh(false);
	}

	/** One slow refresh is a hiccup, or the first on a connection; two in a row are a slow server. */
	#paced(intervalMs: number): number {
		return pacedMs(intervalMs, Math.min(this.#serverMs, this.#lastServerMs));
	}

	#refresh(isUrgent: boolean): Promise<Snapshot> {
		this.#refreshing ??= this.#refresher.refresh(isUrgent).finally(() => {
			this.#refreshing = undefined;
			this.#lastServerMs = this.#serverMs;
			this.#serverMs = this.store.latest().trip?.serverMs ?? 0;
			const isSpared = this.intervalMs > this.#askedMs;
			if (isSpared || this.#refresher.nextTryAt !== undefined) this.#schedule();
		});
		return this.#refreshing;
	}

	#tick(): void {
		this.#schedule();
		// With a refresh still under way this tick is late: it is dropped, not queued.
		if (!this.#refreshing) void this.#refresh(false);
	}

	#schedule(): void {
		clearTimeout(this.#timer);
		if (!this.#isRunning || this.#isPaused) return;
		const { nextTryAt } = this.#refresher;
		const waitMs = nextTryAt === undefined ? this.intervalMs : nextTryAt - this.#clock.now();
		this.#timer = setTimeout(() => this.#tick(), Math.max(waitMs, 1));
	}
}
